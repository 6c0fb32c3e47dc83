/** The Moddable SDK that this list was read from, with its own `mcconfig`, for the platform `esp32/esp32s3`. */
export const sdkVersion = "8.2.3";

const base = "$(MODDABLE)/examples/manifest_base.json";
const io = "$(MODDABLE)/modules/io/manifest.json";
const storage = "$(MODDABLE)/modules/io/storage/manifest.json";
const flash = "$(MODDABLE)/modules/io/flash/manifest.json";
const update = "$(MODDABLE)/modules/io/update/manifest.json";
const reset = "$(MODDABLE)/build/devices/esp32/modules/resetReason/manifest.json";
const mqtt = "$(MODDABLE)/examples/io/tcp/mqttclient/manifest_mqttclient.json";
const mqtts = "$(MODDABLE)/examples/io/tcp/mqttsclient/manifest_mqttsclient.json";
const tls = "$(MODDABLE)/examples/io/tcp/tlssocket/manifest.json";

/** These include `modules/io`. */
const anyIO = [io, mqtt, mqtts, tls];

/**
 * Modules of the SDK that firmware may import, and the manifests that bring them: one of those has to be among ours.
 * `[]`: the build tool makes the module itself. The names are those in the makefile that `mcconfig` writes for a
 * program with that one manifest; what a manifest brings for its own use only is left out.
 */
export const sdkModules: Readonly<Record<string, readonly string[]>> = {
	"mc/config": [],
	"mc/ffi": [],
	Resource: [base],
	preference: [base],
	time: [base],
	timer: [base],
	"embedded:io/analog": anyIO,
	"embedded:io/digital": anyIO,
	"embedded:io/digitalbank": anyIO,
	"embedded:io/i2c": anyIO,
	"embedded:io/pulsecount": anyIO,
	"embedded:io/pulsewidth": anyIO,
	"embedded:io/pwm": anyIO,
	"embedded:io/serial": anyIO,
	"embedded:io/smbus": anyIO,
	"embedded:io/socket/listener": anyIO,
	"embedded:io/socket/tcp": anyIO,
	"embedded:io/socket/udp": anyIO,
	"embedded:io/spi": anyIO,
	"embedded:network/interface/wifi": anyIO,
	"embedded:provider/builtin": anyIO,
	net: anyIO,
	sntp: anyIO,
	"embedded:storage/key-value": [storage],
	"embedded:storage/flash": [flash, update],
	"embedded:update": [update],
	"embedded:network/dns/resolver/udp": [mqtt, mqtts],
	"embedded:network/mqtt/client": [mqtt, mqtts],
	"embedded:io/socket/tcp/tls": [tls, mqtts],
	crypt: [tls, mqtts],
	rng: [tls, mqtts],
	resetReason: [reset],
};
