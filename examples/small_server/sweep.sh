# What was added since yesterday, compared with the list; prints one JSON object for each file that matches.
find "$MASTODON/public/system" -type f -mmin -1500 |
  /opt/rempart/bin/rempart match - --list /etc/rempart/hotline.csv --json --only-hits
