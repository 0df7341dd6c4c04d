# Starts Slipway; each door in bin/ sources this file. $slipway is Slipway's own folder.
#
# Slipway's Python is the image's, 3.10 or newer; the system's comes first, because a version
# manager's script on PATH may start no Python at all. If an image has none, bring_python.sh
# finds one that is bundled or cached, or fetches one.

slipway_start() {
	for slipway_python in /usr/bin/python3 /usr/local/bin/python3 python3 \
		python3.14 python3.13 python3.12 python3.11 python3.10; do
		if slipway_can_run; then
			slipway_run "$@"
		fi
	done
	. "$slipway/lib/bring_python.sh"
	slipway_bring_python "$@"
	slipway_run "$@"
}

slipway_can_run() {
	"$slipway_python" -I -S -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null
}

# -I and -S: no variable, no user folder, no site-packages, no sitecustomize can reach it.
# -B: the folder of a buildpack may be read-only, or another user's. $slipway_library, if it is
# set, is a folder of the platform's cache for the copies of lib/library_copy.py.
slipway_run() {
	exec "$slipway_python" -I -S -B -X utf8 -X "slipway_library=${slipway_library:-}" \
		"$slipway/lib/slipway/__main__.py" "$@"
}
