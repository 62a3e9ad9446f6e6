#!/bin/sh
# Print the path of a Chromium; as root on Debian or Ubuntu install it if there is none.
find_chromium() {
    command -v chromium || command -v chromium-browser || command -v google-chrome
}
find_chromium && exit
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    { apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium; } >&2
    find_chromium && exit
fi
echo "no chromium, chromium-browser or google-chrome on the PATH; install one of them" >&2
exit 1
