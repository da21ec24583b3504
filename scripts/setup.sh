#!/bin/sh
# Sets up what this checkout lacks: npm packages, Node.js for the services, redis-server, with --browser also Chromium,
# with --clock also libfaketime, with --promtool also promtool, with --languages packages of Python and R, with --sandbox
# also bubblewrap, and the build.
# Quiet, quick and without network when nothing is missing. Safe to run twice at once.
set -eu

cd "$(dirname "$0")/.."
state=.cytoqueue
lock=$state/setup.lock
output=$state/setup.$$.log
export npm_config_update_notifier=false npm_config_audit=false npm_config_fund=false
export DEBIAN_FRONTEND=noninteractive HOMEBREW_NO_ANALYTICS=1 HOMEBREW_NO_AUTO_UPDATE=1

say() { echo "setup: $*" >&2; }
fail() { say "$@"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# run WHAT COMMAND…: says what it does; the command's output is shown only when it fails.
run() {
  say "$1 …"
  shift
  "$@" </dev/null >"$output" 2>&1 || { cat "$output" >&2; return 1; }
}

check_node() {
  have node || fail 'Node.js 20.19 or later is needed: https://nodejs.org'
  node -e 'const [a, b] = process.versions.node.split("."); process.exit(+a > 20 || (+a === 20 && +b >= 19) ? 0 : 1)' ||
    fail "Node.js 20.19 or later is needed, this is $(node --version): https://nodejs.org"
}

# The holder's command line tells a living set-up from another process that was given the number of a dead one.
is_setup() {
  if [ -d "/proc/$$" ]; then tr '\0' ' ' <"/proc/$1/cmdline"; else ps -o command= -p "$1"; fi 2>/dev/null | grep -q 'setup\.sh'
}

# A hard link appears whole, or not at all when another set-up was faster. A stale lock is moved away before it is
# removed and put back when a living set-up has taken it meanwhile.
take_lock() {
  mkdir -p "$state"
  echo "$$" >"$lock.$$"
  trap 'rm -f "$output" "$lock.$$" "$lock.$$.stale"' EXIT
  trap 'say "stopped; run it again to go on"; exit 130' HUP INT TERM
  waiting=
  while ! ln "$lock.$$" "$lock" 2>/dev/null; do
    holder=$(cat "$lock" 2>/dev/null) || continue
    if is_setup "$holder"; then
      [ -n "$waiting" ] || say "waiting for the set-up that runs as process $holder …"
      waiting=yes
      sleep 0.2
    elif mv "$lock" "$lock.$$.stale" 2>/dev/null; then
      moved=$(cat "$lock.$$.stale")
      if is_setup "$moved"; then ln "$lock.$$.stale" "$lock" 2>/dev/null || true; fi
      rm -f "$lock.$$.stale"
    fi
  done
  trap 'rm -rf "$output" "$state/node.$$" "$lock.$$" "$lock"' EXIT
}

# A lock file that was written where the registry lacks the binaries for other systems does not list them, and npm ci
# then refuses it whole. npm install keeps to the same versions and checksums, and --no-save leaves the lock file alone.
npm_install() {
  npm ci || npm install --no-save
}

install_packages() {
  node scripts/packages-current.js && return
  run 'installing npm packages' npm_install || fail 'the npm packages could not be installed; is the npm registry reachable?'
}

# npm start runs the services with Node.js 24, as the images do: records take less time than with 20
# (services/worker/README.md). scripts/service-node.sha256 lists the programs, which npm has for Linux with glibc;
# elsewhere the installed Node.js serves.
install_service_node() {
  [ -z "${SERVICE_NODE:-}" ] || return 0
  system=$(node -p 'process.platform + "-" + process.arch')
  listed=$(grep -- "-$system/bin/node\$" scripts/service-node.sha256) || return 0
  name=${listed#*  }
  version=${name#node-} && version=${version%"-$system/bin/node"}
  [ ! -x "$state/$name" ] || return 0
  node -e '
    const isOlder = parseInt(process.versions.node) < parseInt(process.argv[1]);
    process.exit(isOlder && process.report.getReport().header.glibcVersionRuntime ? 0 : 1)
  ' "$version" || return 0
  run "installing Node.js $version for the services, because this is $(node --version) (npm package node-$system)" \
    unpack_node || say "going on with Node.js $(node --version), which serves fewer records per second"
}

unpack_node() {
  unpacked=$state/node.$$
  program=$unpacked/${name%/bin/node}
  npm install --prefix "$unpacked" --no-save --no-package-lock --ignore-scripts \
    --fetch-retries=0 --fetch-timeout=60000 "node-$system@$version" &&
    mv "$unpacked/node_modules/node-$system" "$program" &&
    (cd "$unpacked" && echo "$listed" | sha256sum -c) && "$program/bin/node" --version &&
    rm -rf "$program/include" "$state/${name%/bin/node}" && mv "$program" "$state"
  status=$?
  rm -rf "$unpacked"
  return "$status"
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"
  elif have sudo; then sudo "$@"
  else echo "this user is not root and there is no sudo: let an administrator run: $*" && return 1
  fi
}

apt_install() {
  as_root apt-get -q update && as_root apt-get -q install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
}

# install_system NAME APT APK DNF BREW: one package by whatever package manager this system has.
install_system() {
  if [ "$(id -u)" -ne 0 ] && have sudo && ! have brew; then
    say "$1 is missing and will be installed with sudo; press Ctrl-C to stop and install it by hand instead"
  fi
  if have apt-get; then run "installing $1 (apt-get install $2)" apt_install "$2"
  elif have apk; then run "installing $1 (apk add $3)" as_root apk add --no-cache "$3"
  elif have dnf; then run "installing $1 (dnf install $4)" as_root dnf install -y -q "$4"
  elif have brew; then run "installing $1 (brew install $5)" brew install -q "$5"
  else say "no apt-get, apk, dnf or brew found to install $1 with"; return 1
  fi
}

# The tests start Redis servers of their own.
install_redis() {
  have redis-server && return
  if [ -n "${REDIS_URL:-}" ] && [ "$#" -eq 0 ]; then return; fi
  install_system redis-server redis-server redis redis redis && have redis-server ||
    fail 'redis-server (Redis 6.2 or later) is needed and could not be installed here: install it and put it on PATH'
}

find_browser() {
  if [ -n "${CHROMIUM_PATH:-}" ]; then [ -x "$CHROMIUM_PATH" ]; return; fi
  have chromium-headless-shell || have chromium || have chromium-browser || have google-chrome
}

# Debian has a Chromium without windows, which takes half the processor time.
apt_browser() {
  as_root apt-get -q update >/dev/null 2>&1 && apt-cache show chromium-headless-shell >/dev/null 2>&1 &&
    echo chromium-headless-shell || echo chromium
}

install_browser() {
  find_browser && return
  [ -z "${CHROMIUM_PATH:-}" ] || fail "CHROMIUM_PATH is set to $CHROMIUM_PATH, which is no program"
  package=chromium
  if have apt-get; then package=$(apt_browser); fi
  install_system Chromium "$package" chromium chromium chromium && find_browser ||
    fail 'Chromium is needed for the browser tests and could not be installed here: install it, or set CHROMIUM_PATH'
}

# Tests of clocks that jump need it, and only they: without it they are skipped, and say so.
install_faketime() {
  [ "$(uname -s)" = Linux ] || return 0
  for place in /usr/lib/*/faketime /usr/lib/faketime /usr/lib64/faketime /usr/local/lib/faketime; do
    [ ! -e "$place/libfaketimeMT.so.1" ] || return 0
  done
  install_system libfaketime libfaketime libfaketime libfaketime libfaketime || say 'going on without libfaketime'
}

# The test of the images runs the services in it.
install_sandbox() {
  [ "$(uname -s)" = Linux ] || fail 'the images are tested with bubblewrap, which needs Linux'
  have bwrap && return
  install_system bubblewrap bubblewrap bubblewrap bubblewrap bubblewrap && have bwrap ||
    fail 'bubblewrap is needed to test the images and could not be installed here: install it and put bwrap on PATH'
}

# Tests of the alert rules need it, and only they. Debian's package also starts a server, so just the program is taken
# out of it.
install_promtool() {
  if have promtool || [ -x "$state/bin/promtool" ]; then return; fi
  if have apt-get; then run 'installing promtool (from the package prometheus)' unpack_promtool
  else install_system promtool prometheus prometheus prometheus prometheus
  fi || say 'going on without promtool'
}

unpack_promtool() {
  unpacked=$PWD/$state/promtool.$$
  mkdir -p "$unpacked" "$state/bin" && as_root apt-get -q update &&
    (cd "$unpacked" && apt-get -q download prometheus && dpkg-deb -x prometheus_*.deb .) &&
    mv "$unpacked/usr/bin/promtool" "$state/bin/promtool"
  status=$?
  rm -rf "$unpacked"
  return "$status"
}

# The examples in Python and R need them, and only they. Only apt has them under these names.
install_languages() {
  have apt-get || { say 'going on without the packages of Python and R: install them by hand'; return; }
  /usr/bin/python3 -c 'import pandas, matplotlib, setuptools, pip' 2>/dev/null && Rscript -e 'library(curl)' >/dev/null 2>&1 ||
    run 'installing packages of Python and R (apt-get install python3-pandas … r-base-core r-cran-curl)' apt_install \
      python3-pandas python3-matplotlib python3-setuptools python3-wheel python3-pip r-base-core r-cran-curl ||
    say 'going on without the packages of Python and R'
}

build() {
  npm run --silent build >"$output" 2>&1 </dev/null || { cat "$output" >&2; fail 'the build failed'; }
}

check_node
take_lock
# Before the npm packages, which take a minute: what cannot be installed is named at once.
install_redis "$@"
install_packages
install_service_node
for part in "$@"; do
  case $part in
    --browser) install_browser ;;
    --clock) install_faketime ;;
    --sandbox) install_sandbox ;;
    --promtool) install_promtool ;;
    --languages) install_languages ;;
    *) fail "unknown option $part" ;;
  esac
done
build
