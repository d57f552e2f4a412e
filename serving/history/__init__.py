"""The history service: what a user listened to in any range of days, in any time zone, straight from the history."""
