make_releases depot 2
