# Start a program in a root of its own: all that lies in /, and a folder as /content. It needs a
# mount namespace (`unshare --mount`), whose mounts are seen, and left behind, nowhere else.
#
#     start.sh ROOT CONTENT PROGRAM ARGUMENT ...     ROOT is an empty folder;
#                                                  ROOT.pid takes the process id
set -e
echo $$ >"$1.pid"
root=$1 content=$2
shift 2
mount -t tmpfs none "$root"
for entry in /*; do
    name=${entry##*/}
    if [ "$name" = content ]; then
        continue
    elif [ -L "$entry" ]; then
        cp -a "$entry" "$root/$name"
    elif [ -d "$entry" ]; then
        mkdir "$root/$name"
        mount --rbind "$entry" "$root/$name"
    else
        : >"$root/$name"
        mount --bind "$entry" "$root/$name"
    fi
done
mkdir "$root/content"
mount --bind "$content" "$root/content"
# A user's PATH may lack the folders of administrators, where chroot lies.
chroot=$(PATH="$PATH:/usr/sbin:/sbin" command -v chroot)
exec "$chroot" "$root" sh -c 'cd /content && exec "$@"' sh "$@"
