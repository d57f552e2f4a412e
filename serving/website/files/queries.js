/** The queries of the pages. */

const ARTISTS = "topK { id countPlays artist { id name } }";
const ALBUMS = "topK { id countPlays album { id name } artist { id name } }";
const TRACKS = "topK { id countPlays artistId albumId track { id name } artist { id name } }";

export const PROFILE = `query Profile(
  $userId: Long!, $from: String, $to: String, $timeZone: String, $per: Period
  $compare: Boolean!, $previousFrom: String, $previousTo: String
) {
  getUserProfile(userId: $userId) {
    totalListenCount firstListenEvent lastListenEvent
    listening(from: $from, to: $to, timeZone: $timeZone, per: $per) {
      asOf countPlays countArtists countAlbums countTracks countDays
      artistCharts { ${ARTISTS} }
      albumCharts { ${ALBUMS} }
      trackCharts { ${TRACKS} }
      newArtists { count ${ARTISTS} }
      mostActiveDay { day countPlays }
      longestStreak { firstDay lastDay countDays }
      latestStreak { firstDay lastDay countDays }
      activity { firstDay countPlays }
      weekHours
    }
    before: listening(from: $previousFrom, to: $previousTo, timeZone: $timeZone, per: $per) @include(if: $compare) {
      countPlays countArtists countAlbums countTracks countDays
      activity { firstDay countPlays }
    }
  }
}`;

export const YEAR = `query Year($userId: Long!, $from: String, $to: String, $timeZone: String) {
  getUserProfile(userId: $userId) {
    totalListenCount firstListenEvent lastListenEvent
    listening(from: $from, to: $to, timeZone: $timeZone, per: MONTH, limit: 5) {
      asOf countPlays countArtists countAlbums countTracks countDays
      artistCharts { ${ARTISTS} }
      albumCharts { ${ALBUMS} }
      trackCharts { ${TRACKS} }
      newArtists { count ${ARTISTS} }
      mostActiveDay { day countPlays }
      longestStreak { firstDay lastDay countDays }
      activity { firstDay countPlays }
      weekHours
    }
  }
}`;
