# Starts Slipway; each script in bin/ sources this file. $slipway is Slipway's own folder.
#
# Slipway runs in a CPython of the image, 3.10 or newer. The system's Pythons come first, because
# a version manager's script on PATH may not start any Python. If the image has none,
# bring_python.sh finds one that is bundled or cached, or downloads one.

slipway_start() {
	# Python heeds these even with -I: they change the path that it takes for its own.
	unset PYTHONEXECUTABLE __PYVENV_LAUNCHER__
	for slipway_python in /usr/bin/python3 /usr/local/bin/python3 python3; do
		if slipway_is_of_image; then
			slipway_run "$@"
		fi
	done
	slipway_minor=99
	while [ "$slipway_minor" -ge 10 ]; do
		slipway_python=python3.$slipway_minor
		if command -v "$slipway_python" >/dev/null && slipway_is_of_image; then
			slipway_run "$@"
		fi
		slipway_minor=$((slipway_minor - 1))
	done
	. "$slipway/lib/bring_python.sh"
	slipway_bring_python "$@"
	slipway_run "$@"
}

# An earlier build may have put the Python of its app on PATH: that is not one of the image.
slipway_is_of_image() {
	"$slipway_python" -I -S -c 'import posix, sys
is_copy = posix.access(sys.base_prefix + "/site-folder.txt", posix.F_OK)
is_cpython = sys.implementation.name == "cpython"
sys.exit(not is_cpython or sys.version_info < (3, 10) or is_copy)' 2>/dev/null
}

slipway_can_run() {
	"$slipway_python" -I -S -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null
}

# A build that is killed before it writes a report must not leave that of the build before.
slipway_empty_report() {
	if [ -f "$1" ] && [ ! -L "$1" ]; then
		true >"$1"
	fi 2>/dev/null
}

# -I and -S: environment variables, the user's folder, site-packages and sitecustomize have no
# effect. -B: the folder of a buildpack may be read-only, or another user's. $slipway_library, if
# it is set, is the folder in the platform's cache for the copies of lib/library_copy.py.
slipway_run() {
	exec "$slipway_python" -I -S -B -X utf8 -X "slipway_library=${slipway_library:-}" \
		"$slipway/lib/slipway/__main__.py" "$@"
}
