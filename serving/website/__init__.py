"""The website: pages of HTML, CSS and JavaScript modules which show what GraphQL answers."""
