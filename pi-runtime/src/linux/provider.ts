import { pi4 } from "@visionvend/sdk/boards/pi4";
import { pi5 } from "@visionvend/sdk/boards/pi5";
import type { AnalogConstructor } from "@visionvend/sdk/device/io/analog";
import type { I2CConstructor } from "@visionvend/sdk/device/io/i2c";
import type { PinSpecifier } from "@visionvend/sdk/device/io/io";
import type { PWMConstructor } from "@visionvend/sdk/device/io/pwm";
import type { SerialConstructor } from "@visionvend/sdk/device/io/serial";
import type { SPIConstructor } from "@visionvend/sdk/device/io/spi";
import type { Timer } from "@visionvend/sdk/device/io/timer";
import { createAnalog } from "./analog.ts";
import { Claims } from "./claims.ts";
import { createDigital, type LinuxDigitalConstructor } from "./digital.ts";
import { GPIOChip } from "./gpio-chip.ts";
import { createI2C } from "./i2c.ts";
import { openKoffiLinux } from "./koffi-linux.ts";
import { type LinuxBoard, piBoard } from "./linux-board.ts";
import type { LinuxHost } from "./linux-host.ts";
import type { LinuxSystem } from "./linux-system.ts";
import { createPWM } from "./pwm.ts";
import { PWMChannels } from "./pwm-channels.ts";
import { createSerial } from "./serial.ts";
import { createSPI } from "./spi.ts";

/** Buses whose pins need no names: `new SSD1306({ ...device.i2c.default, address: 0x3c })`. */
interface DefaultI2C {
	readonly default: { readonly io: I2CConstructor; readonly data: PinSpecifier; readonly clock: PinSpecifier };
}
interface DefaultSPI {
	readonly default: {
		readonly io: SPIConstructor;
		readonly out: PinSpecifier;
		readonly in: PinSpecifier;
		readonly clock: PinSpecifier;
	};
}
interface DefaultSerial {
	readonly default: { readonly io: SerialConstructor; readonly receive: PinSpecifier; readonly transmit: PinSpecifier };
}

/** The `device` of ECMA-419 clause 11 on Linux. Buses go by the standard's spelling and by Moddable's. */
export interface LinuxProvider {
	readonly io: {
		readonly Analog: AnalogConstructor;
		readonly Digital: LinuxDigitalConstructor;
		readonly I2C: I2CConstructor;
		readonly PWM: PWMConstructor;
		readonly Serial: SerialConstructor;
		readonly SPI: SPIConstructor;
	};
	readonly timer: Timer;
	readonly board: LinuxBoard;
	readonly i2c: DefaultI2C;
	readonly I2C: DefaultI2C;
	readonly spi: DefaultSPI;
	readonly SPI: DefaultSPI;
	readonly serial: DefaultSerial;
	readonly Serial: DefaultSerial;
	/** Closes every instance that is open, and what the provider holds itself. A second call does nothing. */
	close(): void;
}

/**
 * ECMA-419 IO classes on Linux: GPIO character device, i2c-dev, spidev, sysfs PWM, serial devices.
 *
 * `system` is this computer's kernel where not given. `board` is recognised by its GPIO chip where not given. Throws a
 * `HardwareError` where neither is to be had.
 *
 * ## For driver authors
 * Take constructors from `provider.io` and time from `provider.timer`; callbacks never run inside a constructor or method.
 * ## For host authors
 * Another computer is another `LinuxSystem`, another board another `LinuxBoard`.
 */
export function createLinuxProvider(
	options: { readonly system?: LinuxSystem; readonly board?: LinuxBoard } = {},
): LinuxProvider {
	const system = options.system ?? openKoffiLinux();
	let chip: GPIOChip | undefined;
	let board = options.board;
	if (board === undefined) {
		const known = [pi5, pi4];
		chip = GPIOChip.find(
			system,
			known.map(({ gpioLabel }) => gpioLabel),
		);
		const label = chip.label;
		board = piBoard(known.find(({ gpioLabel }) => gpioLabel === label) ?? pi5);
	}
	const { gpioLabel, defaults } = board;
	const claims = new Claims();
	const pwm = new PWMChannels(system);
	const host: LinuxHost = {
		system,
		board,
		claims,
		pwm,
		gpioChip: () => {
			chip ??= GPIOChip.find(system, [gpioLabel]);
			return chip;
		},
	};
	const io = {
		Analog: createAnalog(host),
		Digital: createDigital(host),
		I2C: createI2C(host),
		PWM: createPWM(host),
		Serial: createSerial(host),
		SPI: createSPI(host),
	};
	const i2c = { default: { io: io.I2C, ...defaults.i2c } };
	const spi = { default: { io: io.SPI, ...defaults.spi } };
	const serial = { default: { io: io.Serial, ...defaults.serial } };
	return {
		io,
		timer: system.timer,
		board,
		i2c,
		I2C: i2c,
		spi,
		SPI: spi,
		serial,
		Serial: serial,
		close() {
			claims.closeAll();
			pwm.close();
			chip?.close();
			chip = undefined;
		},
	};
}
