#!/bin/sh
# Installs the VisionVend service of the release that this file lies in, on 64-bit Raspberry Pi OS. Run again it changes
# nothing but the release. See docs/guides/install-on-a-pi.md.
set -eu

usage="sudo sh install.sh [--claim URL | --config pi.json] [--key release.pem]
     sudo sh install.sh --uninstall [--purge]

  --claim URL         becomes the machine of a QR code: its text, https://cloud.example/claim#…, in quotes; asked for on a
                      terminal when there is no configuration
  --config pi.json    the machine's configuration, as the cloud gave it; kept when there is one already
  --key release.pem   public key of whoever makes your releases; needed for \`visionvend-pi update\`
  --uninstall         removes service, user and releases; sales that wait and the configuration stay
  --purge             removes these, too

VISIONVEND_ROOT=DIR puts everything under DIR and leaves users, udev and systemd alone, to look at what it would do."

say() { echo "install.sh: $*"; }
fail() {
	echo "install.sh: $*" >&2
	exit 1
}

config='' key='' claim='' uninstall='' purge=''
while [ $# -gt 0 ]; do
	case "$1" in
	--config) config=${2:?"--config needs a file"} && shift ;;
	--claim) claim=${2:?"--claim needs what the QR code says"} && shift ;;
	--key) key=${2:?"--key needs a file"} && shift ;;
	--uninstall) uninstall=1 ;;
	--purge) purge=1 ;;
	-h | --help) echo "$usage" && exit 0 ;;
	*) echo "$usage" >&2 && exit 2 ;;
	esac
	shift
done

root=${VISIONVEND_ROOT:-}
opt=$root/opt/visionvend
etc=$root/etc/visionvend
state=$root/var/lib/visionvend
units=$root/etc/systemd/system
rules=$root/etc/udev/rules.d/60-visionvend.rules
command=$root/usr/local/bin/visionvend-pi
user=visionvend

# Whether this is the machine itself.
real() { [ -z "$root" ]; }

if real && [ "$(id -u)" != 0 ]; then fail "needs root: sudo sh $0"; fi

if [ -n "$uninstall" ]; then
	if real && command -v systemctl >/dev/null; then systemctl disable --now visionvend-pi visionvend-pi-update.timer 2>/dev/null || true; fi
	rm -rf "$opt" "$units"/visionvend-pi* "$rules" "$command" "$state/release" "$state/model"
	if [ -n "$purge" ]; then rm -rf "$etc" "$state"; fi
	if real; then
		systemctl daemon-reload 2>/dev/null || true
		udevadm control --reload 2>/dev/null || true
		if [ -n "$purge" ] && id "$user" >/dev/null 2>&1; then userdel "$user"; fi
	fi
	say "removed${purge:+, with configuration and data}"
	exit 0
fi

# What must be there.
here=$(cd "$(dirname "$0")/../.." && pwd)
[ -f "$here/pi-runtime/dist/cli.js" ] || fail "$here is no release: unpack visionvend-pi-VERSION-linux-arm64.tar.gz and run the install.sh in it"
if real && [ "$(uname -m)" != aarch64 ]; then fail "this is $(uname -m); the release is for 64-bit Raspberry Pi OS (aarch64)"; fi
command -v node >/dev/null || fail "Node.js is missing: sudo apt install nodejs (20.19 or newer)"
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 14) || (a === 20 && b >= 19) ? 0 : 1)' ||
	fail "Node.js $(node --version) is too old: 20.19, 22.14 or newer is needed"
command -v ffmpeg >/dev/null || say "ffmpeg is missing: nothing will be recorded (sudo apt install ffmpeg)"
version=$(node "$here/pi-runtime/dist/cli.js" --version)

# The user, with the devices that it may open.
if real; then
	id "$user" >/dev/null 2>&1 || useradd --system --home-dir "$state" --shell /usr/sbin/nologin "$user"
	for group in dialout video gpio i2c spi; do
		if getent group "$group" >/dev/null; then usermod -aG "$group" "$user"; fi
	done
fi

# The release, whole or not at all.
mkdir -p "$opt/releases" "$etc" "$state/release" "$units" "$(dirname "$rules")" "$(dirname "$command")"
if [ "$here" != "$opt/releases/$version" ]; then
	rm -rf "$opt/releases/$version.new"
	cp -a "$here" "$opt/releases/$version.new"
	rm -rf "$opt/releases/$version"
	mv "$opt/releases/$version.new" "$opt/releases/$version"
fi
cp "$here/pi-runtime/install/launch" "$opt/launch.new"
chmod 755 "$opt/launch.new"
mv "$opt/launch.new" "$opt/launch"
rm -f "$state/release/trial.json" "$state/release/starts"
ln -sfn "$opt/releases/$version" "$state/release/current.new"
mv -T "$state/release/current.new" "$state/release/current"

# Root runs it, while the link belongs to the service: nothing but a release that root installed is followed.
cat >"$command" <<COMMAND
#!/bin/sh
release=\$(readlink -f $state/release/current)
case "\$release" in
$(readlink -f "$opt/releases")/*) exec node "\$release/pi-runtime/dist/cli.js" "\$@" ;;
esac
echo "$state/release/current points to \$release, which is no release: run install.sh again." >&2
exit 1
COMMAND
chmod 755 "$command"

# Readers and scales on USB belong to the service's user. Keyboards and mice do not: theirs are boot interfaces, subclass 1
# (Device Class Definition for HID 1.11, 4.2).
cat >"$rules" <<'RULES'
SUBSYSTEM=="hidraw", ATTRS{bInterfaceClass}=="03", ATTRS{bInterfaceSubClass}=="00", GROUP="visionvend", MODE="0660"
RULES

# Settings and secrets: root writes, the service reads.
if [ -n "$config" ] && [ ! -f "$etc/pi.json" ]; then cp "$config" "$etc/pi.json"; fi
if [ ! -f "$etc/pi.json" ]; then
	if [ -z "$claim" ] && [ -t 0 ]; then
		printf 'What does the QR code of this machine say (https://…/claim#…; empty: later)? '
		read -r claim
	fi
	if [ -n "$claim" ]; then node "$here/pi-runtime/dist/cli.js" claim "$claim" --out "$etc" || fail "the release is installed, the machine is not claimed: run this again with a new code"; fi
fi
if [ -n "$key" ]; then cp "$key" "$etc/release.pem"; fi
cp "$here"/pi-runtime/systemd/visionvend-pi* "$units"/
if real; then
	chown -R "root:$user" "$etc"
	chown -R "$user:$user" "$state"
	chmod 750 "$etc"
	chmod 700 "$state"
	if [ -f "$etc/pi.json" ]; then chmod 640 "$etc/pi.json"; fi
	# What updates are fetched with, and the controller's keys, are not for the service.
	for file in "$etc/cloud.json" "$etc/controller.json"; do
		if [ -f "$file" ]; then chown root:root "$file" && chmod 600 "$file"; fi
	done
	udevadm control --reload 2>/dev/null || true
	systemctl daemon-reload
fi

say "release $version is installed"
if [ ! -f "$etc/pi.json" ]; then
	say "no configuration yet: run this again with --claim and what the QR code says, or with --config and the pi.json that the cloud gave you"
elif real; then
	systemctl enable --quiet visionvend-pi
	systemctl enable --quiet --now visionvend-pi-update.timer
	systemctl restart visionvend-pi
	say "the service runs: curl -s http://127.0.0.1:8081/health"
fi
