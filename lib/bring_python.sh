# Finds or downloads a Python for Slipway; lib/start.sh sources this file if the image has none.
#
# It takes the Python in Slipway's own folder (`bin/slipway package --with-python`), or else the
# one in the cache, or else downloads the one that vendor/pythons.txt pins. The download needs
# curl, tar, sed and sha256sum; nothing is unpacked before its sha256 is verified. `detect` must
# not write anything, so it downloads nothing, and is implemented again in this file.

slipway_python_app_files='requirements.txt requirements.in pyproject.toml setup.py setup.cfg manage.py
	wsgi.py Pipfile Pipfile.lock poetry.lock uv.lock pdm.lock pylock.toml .python-version runtime.txt'
slipway_python_app_files_below='requirements.txt requirements.in pyproject.toml manage.py wsgi.py Pipfile
	Pipfile.lock poetry.lock uv.lock pdm.lock pylock.toml'
slipway_folders_without_apps='benchmarks ci doc docs documentation e2e example examples node_modules
	requirements samples scripts test tests third_party tools vendor'

slipway_on_image='Build on an image with python3, version 3.10 or newer.'
slipway_or_on_image='Or build on an image with python3, version 3.10 or newer.'
slipway_or_in_package='Or use a Slipway package with a Python. In a clone of Slipway, run:
       bin/slipway package --with-python'
slipway_or_in_offline_package='Or use an offline package of Slipway. In a clone of Slipway, run:
       bin/slipway package --cloud-foundry slipway.zip --offline'
slipway_at_mirror='Set SLIPWAY_PYTHON_MIRROR to the URL of a mirror.'

# Sets $slipway_python, or exits.
slipway_bring_python() {
	slipway_python=$slipway/python/bin/python3
	if slipway_can_run; then
		return
	fi
	case ${1-} in
	detect) slipway_detect "$@" ;;
	compile | test-compile)
		slipway_report=${3:+$3/slipway-report.json}
		slipway_cache_python "${3:+$3/slipway-python}" "${4-}"
		;;
	supply | finalize)
		slipway_or_in_package=$slipway_or_in_offline_package
		slipway_cache_python "${3:+$3/slipway-python}" ''
		;;
	release) slipway_release "${2-}" ;;
	report) slipway_print_report "${3-}" ;;
	build)
		slipway_layers=${CNB_LAYERS_DIR:-${2-}}
		# The layer is Slipway's own, and a file in its place would be there in each build.
		if [ -n "$slipway_layers" ] && [ ! -d "$slipway_layers/cache" ]; then
			rm -f -- "$slipway_layers/cache"
		fi
		slipway_cache_python "${slipway_layers:+$slipway_layers/cache/slipway-python}" ''
		;;
	*)
		slipway_fail "$slipway_on_image" "$slipway_or_in_package" <<-END
			There is no Python for Slipway

			Slipway needs Python 3.10 or newer, and this image has none.
		END
		;;
	esac
}

# A short version of lib/slipway/steps/detect.py. The lifecycle passes the path of its build plan,
# and runs detect in the app's folder.
slipway_detect() {
	slipway_plan=${CNB_BUILD_PLAN_PATH:-${3-}}
	if [ -n "$slipway_plan" ]; then
		slipway_app=. slipway_status=100
	elif [ $# -eq 2 ]; then
		slipway_app=$2 slipway_status=1
	else
		echo 'usage: bin/detect BUILD' >&2
		exit 2
	fi
	if slipway_has_any "$slipway_app" "$slipway_python_app_files" ||
		slipway_names_an_app "${2-}"; then
		if [ -n "$slipway_plan" ]; then
			cat -- "$slipway/lib/build_plan.toml" >"$slipway_plan" || exit
		else
			echo Python
		fi
		exit 0
	fi
	if [ ! -d "$slipway_app" ] || [ ! -r "$slipway_app" ]; then
		slipway_fail 'Pass the path of the folder that contains the app.' <<-END
			The app's folder cannot be read

			$slipway_app does not exist, or is not a folder that can be read.
		END
	fi
	if [ -z "$slipway_plan" ] && [ -n "${VCAP_APPLICATION+set}" ]; then
		exit "$slipway_status" # Cloud Foundry asks each of its buildpacks
	fi
	slipway_fail "Put a requirements.txt or pyproject.toml into the app's root folder." \
		'Or, if there is one on your machine, check that git tracks it:
       git ls-files' \
		"Or, on Cloud Foundry, push the app's root folder, and check that
   .cfignore does not exclude it." <<-END
			No Python app was found

			The app's root folder has none of the files that identify a Python app.
		END
}

# The same as lib/slipway/platforms/release.py: a build has written what release prints.
slipway_release() {
	if [ -f "$1/.slipway/release.yml" ]; then
		cat -- "$1/.slipway/release.yml"
		exit
	fi
	slipway_fail 'Build it first, with bin/compile.' <<-END
		The app has not been built yet

		$1 has no .slipway/release.yml, which each successful build writes.
	END
}

# The same as lib/slipway/platforms/classic/report.py; $1 is the platform's cache.
slipway_print_report() {
	if [ -z "$1" ]; then
		echo 'usage: bin/report BUILD CACHE [ENV]' >&2
		exit 2
	fi
	if [ ! -w "$1" ] || [ ! -f "$1/slipway-report.json" ] || [ ! -s "$1/slipway-report.json" ] ||
		! cat -- "$1/slipway-report.json" 2>/dev/null; then
		echo '{}'
	fi
	exit 0
}

# Writes a report with the reason $1 and the detail $2, as lib/slipway/effects/build_report.py
# does once there is a Python.
slipway_write_report() {
	if [ -z "${slipway_report-}" ]; then
		return 0
	fi
	{
		mkdir -p -- "${slipway_report%/*}"
		rm -f -- "$slipway_report" # it may be a link
		cat >"$slipway_report" <<-END
			{
			  "failure_detail": "$2",
			  "failure_reason": "$1",
			  "failure_step": "slipway_python",
			  "success": false
			}
		END
	} 2>/dev/null || :
}

# Whether the folder $1 has one of the files $2, or a named lock.
slipway_has_any() {
	for slipway_file in $2 "$1"/pylock.*.toml; do
		slipway_file=$1/${slipway_file#"$1/"}
		if [ -e "$slipway_file" ] || [ -L "$slipway_file" ]; then
			return 0
		fi
	done
	return 1
}

# Whether a variable names the app, or the app may be in a folder of the repository. A Cloud Native
# platform shows its variables to detect, and $1 is its folder; a classic one does not, so the build
# decides there.
slipway_names_an_app() {
	if [ -n "$slipway_plan" ]; then
		for slipway_name in SLIPWAY_ROOT SLIPWAY_REQUIREMENTS BP_PIP_REQUIREMENT; do
			eval "slipway_file=\${$slipway_name-}"
			if [ -n "$slipway_file" ] || [ -f "${CNB_PLATFORM_DIR:-$1}/env/$slipway_name" ]; then
				return 0
			fi
		done
		return 1
	fi
	for slipway_folder in "$slipway_app"/*/; do
		slipway_folder=${slipway_folder%/}
		case " $(echo $slipway_folders_without_apps) " in
		*" ${slipway_folder##*/} "*) continue ;;
		esac
		if [ ! -L "$slipway_folder" ] &&
			slipway_has_any "$slipway_folder" "$slipway_python_app_files_below"; then
			return 0
		fi
	done
	return 1
}

# Uses the one in the cache folder $1, or downloads it; $2 is the folder of config variables.
slipway_cache_python() {
	slipway_find_pin
	slipway_cached_as=$(printf %.16s "$slipway_sha")
	slipway_cached=$1/$slipway_cached_as
	slipway_python=$slipway_cached/bin/python3
	# What a link leads to is not Slipway's to write into, or to empty.
	if [ -L "$1" ]; then
		rm -f -- "$1" 2>/dev/null || :
	fi
	if [ -n "$1" ] && slipway_can_run; then
		return
	fi
	slipway_find_mirror "$2"
	slipway_write_report did-not-end 'The build is still running, or was killed'
	echo '-----> Python for Slipway'
	echo '       This image has no Python 3.10 or newer. Downloading one from'
	echo "       $slipway_shown"
	# Under another name first: a build may be killed, or run at the same time as another.
	slipway_new=
	trap 'rm -rf -- "$slipway_new"' EXIT
	trap 'slipway_cancel 129' HUP
	trap 'slipway_cancel 130' INT
	trap 'slipway_cancel 143' TERM
	if [ -L "$1" ] || ! mkdir -p -- "$1" 2>/dev/null ||
		! slipway_new=$(mktemp -d "$1/new-XXXXXX" 2>/dev/null); then
		slipway_found='has no cache folder
to store one in.'
		if [ -n "$1" ]; then
			slipway_found="cannot write one to
$1."
		fi
		slipway_fail "$slipway_on_image" "$slipway_or_in_package" <<-END
			Slipway's Python cannot be stored

			This image has no Python 3.10 or newer, and Slipway $slipway_found
		END
	fi
	slipway_download
	slipway_unpack
	slipway_python=$slipway_cached/bin/python3
	if ! slipway_can_run; then
		rm -rf -- "$slipway_cached"
		mv -T -- "$slipway_new/python" "$slipway_cached" || slipway_can_run || exit
	fi
	rm -rf -- "$slipway_new"
	trap - EXIT HUP INT TERM
	# Remove what killed builds left, and Pythons that are no longer pinned.
	find "$1" -mindepth 1 -maxdepth 1 ! -name "$slipway_cached_as" -mmin +60 \
		-exec rm -rf {} + 2>/dev/null || :
}

slipway_cancel() {
	kill $! 2>/dev/null
	slipway_write_report cancelled 'The build was stopped by a signal'
	exit "$1"
}

slipway_find_pin() {
	slipway_machine=$(uname -m)
	while read -r slipway_processor slipway_sha slipway_file; do
		if [ "$slipway_processor" = "$slipway_machine" ]; then
			break
		fi
	done <"$slipway/vendor/pythons.txt"
	# A glibc image may have musl's loader too, for what it builds.
	if [ "$slipway_processor" != "$slipway_machine" ]; then
		slipway_found="no Python to download for a $slipway_machine processor"
	elif ls /lib/ld-musl-* >/dev/null 2>&1 && ! getconf GNU_LIBC_VERSION >/dev/null 2>&1; then
		slipway_found='no Python to download for an image with musl, such as Alpine'
	else
		return 0
	fi
	slipway_fail "$slipway_on_image" <<-END
		There is no Python for Slipway

		This image has no Python 3.10 or newer, and there is
		$slipway_found.
	END
}

# Sets $slipway_url, and $slipway_shown: the same without credentials.
slipway_find_mirror() {
	slipway_mirror=
	for slipway_name in SLIPWAY_PYTHON_MIRROR UV_PYTHON_INSTALL_MIRROR; do
		if [ -z "$slipway_mirror" ]; then
			eval "slipway_mirror=\${$slipway_name-}"
			if [ -n "$1" ] && [ -f "$1/$slipway_name" ]; then
				slipway_mirror=$(cat -- "$1/$slipway_name")
			fi
			slipway_variable=$slipway_name
		fi
	done
	: "${slipway_mirror:=https://github.com/astral-sh/python-build-standalone/releases/download}"
	case $slipway_mirror in
	*[[:space:]]*) slipway_scheme= ;;
	https://?* | http://?* | file://?*) slipway_scheme=${slipway_mirror%%:*} ;;
	*) slipway_scheme= ;;
	esac
	if [ -z "$slipway_scheme" ]; then
		slipway_fail "Set it to an https://, http:// or file:// URL, or unset $slipway_variable." <<-END
			$slipway_variable is not a URL

			Slipway downloads its Python from there, because this image has no
			Python 3.10 or newer.
		END
	fi
	slipway_url=${slipway_mirror%/}/$(echo "$slipway_file" | sed 's/+/%2B/g')
	slipway_place=${slipway_url#*://}
	slipway_shown=$slipway_scheme://${slipway_place##*@}
}

slipway_download() {
	for slipway_tool in curl tar sed sha256sum; do
		if ! command -v "$slipway_tool" >/dev/null; then
			slipway_fail "$slipway_on_image" "$slipway_or_in_package" \
				"Or build on an image with $slipway_tool." <<-END
					Slipway's Python cannot be downloaded: no $slipway_tool

					This image has no Python 3.10 or newer, and no $slipway_tool to
					download one.
				END
		fi
	done
	# In the background, because a shell handles no signals while a foreground command runs.
	curl --fail --location --globoff --silent --show-error --retry 3 --connect-timeout 20 \
		--speed-limit 1024 --speed-time 60 --output "$slipway_new/archive" -- "$slipway_url" \
		2>"$slipway_new/output" &
	if ! wait $!; then
		slipway_details=$(sed 's,//[^ ]*@,//,g' "$slipway_new/output")
		slipway_fail "$slipway_at_mirror" "$slipway_or_on_image" "$slipway_or_in_package" <<-END
			Slipway's Python cannot be downloaded

			This image has no Python 3.10 or newer, and the download of one failed:
			$slipway_shown
		END
	fi
	slipway_got=$(sha256sum <"$slipway_new/archive")
	slipway_got=${slipway_got%% *}
	if [ "$slipway_got" != "$slipway_sha" ]; then
		slipway_details="Expected $slipway_sha
Received $slipway_got"
		slipway_fail "$slipway_at_mirror" "$slipway_or_on_image" "$slipway_or_in_package" <<-END
			The downloaded Python for Slipway is not the pinned one

			Its sha256 hash is not the one in vendor/pythons.txt, so it was not
			unpacked:
			$slipway_shown
		END
	fi
}

slipway_unpack() {
	if ! tar -xzof "$slipway_new/archive" -C "$slipway_new" 2>"$slipway_new/output" ||
		! slipway_python=$slipway_new/python/bin/python3 || ! slipway_can_run; then
		slipway_details=$(tail -n 5 "$slipway_new/output")
		slipway_fail "$slipway_on_image" <<-END
			Slipway's Python does not run on this image

			It was downloaded, because this image has no Python 3.10 or newer. It
			needs glibc 2.17 or newer, and 150 MB of disk space.
		END
	fi
	# It names the compilers of the machine that built it; images have cc, c++ and ar.
	# https://github.com/astral-sh/python-build-standalone/issues/209
	sed -i -e "s,'/[^']*/llvm-ar','ar'," -e "s/'clang++/'c++/" -e "s/'clang/'cc/" \
		"$slipway_new"/python/lib/python3.*/_sysconfigdata_*.py
}

# Prints an error and exits. The title and text come from stdin, and each argument is a step. The
# layout is the same as in lib/slipway/messages/wording.py.
slipway_fail() {
	{
		echo
		slipway_mark='Error: '
		while IFS= read -r slipway_line; do
			slipway_print "$slipway_mark$slipway_line"
			if [ -n "$slipway_mark" ]; then
				slipway_write_report no-python-for-slipway "$slipway_line"
			fi
			slipway_mark=
		done
		slipway_print ''
		if [ $# -eq 1 ]; then
			slipway_print 'What to do:'
			slipway_print "$1"
		else
			slipway_print 'What you can do:'
			slipway_number=0
			for slipway_step in "$@"; do
				slipway_number=$((slipway_number + 1))
				slipway_print "$slipway_number. $slipway_step"
			done
		fi
		if [ -n "${slipway_details-}" ]; then
			slipway_print ''
			slipway_print "$slipway_details"
		fi
		echo
	} >&2
	exit "${slipway_status:-1}"
}

slipway_print() {
	printf '%s\n' "$1" | while IFS= read -r slipway_line; do
		printf '%s\n' " !${slipway_line:+     $slipway_line}"
	done
}
