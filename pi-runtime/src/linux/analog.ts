import type { Analog, AnalogConstructor, AnalogOptions } from "@visionvend/sdk/device/io/analog";
import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { LinuxHost } from "./linux-host.ts";
import { pinName, requireOptions, requirePin } from "./options.ts";

/** ECMA-419 clause 10.2, on a board without an ADC: the constructor tells what to do instead. */
export function createAnalog(host: LinuxHost): AnalogConstructor {
	return class LinuxAnalog implements Analog {
		readonly resolution = 0;

		constructor(options: AnalogOptions) {
			requireOptions("Analog", options);
			const pin = requirePin("Analog", "pin", options.pin);
			throw new HardwareError(
				"range",
				`Analog on ${pinName(pin)}: ${host.board.name} has no ADC. Put one on the I2C bus, or measure on the controller.`,
			);
		}

		read(): number {
			return 0;
		}

		close(): void {
			// Never opened.
		}
	};
}
