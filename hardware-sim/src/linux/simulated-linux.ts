import { pi4 } from "@visionvend/sdk/boards/pi4";
import { pi5 } from "@visionvend/sdk/boards/pi5";
import type { PinSpecifier } from "@visionvend/sdk/device/io/io";
import type { Timer } from "@visionvend/sdk/device/io/timer";
import type { Board } from "../board/board.ts";
import type { DeviceFile, UserMemory } from "./device-file.ts";
import { SimulatedGPIOChip } from "./gpio-device.ts";
import { openI2CDevice } from "./i2c-device.ts";
import { errno } from "./kernel-abi.ts";
import { SimulatedPWMChip } from "./pwm-tree.ts";
import { openSPIDevice, type SPIWires } from "./spi-device.ts";

export { anyPins } from "./any-pins.ts";

/**
 * What the way into the kernel and back costs, on top of what the board charges for a pin (300 ns): a GPIO ioctl through
 * koffi took 427 ns on an x86 computer. A Raspberry Pi's was not measured.
 */
const callNs = 130;

/** First descriptor that is handed out: 0 to 2 are taken in every process. */
const firstDescriptor = 3;

/** Devices of one computer. */
interface Layout {
	readonly gpio: readonly { readonly name: string; readonly label: string; readonly lines: number }[];
	i2c(name: string): { readonly data: PinSpecifier; readonly clock: PinSpecifier } | undefined;
	spi(name: string): SPIWires | undefined;
	serial(path: string): { readonly receive: PinSpecifier; readonly transmit: PinSpecifier } | undefined;
	/** Names in /dev besides the GPIO chips. */
	readonly devices: readonly string[];
	/** Chips in /sys/class/pwm, with the platform device behind each. */
	readonly pwm: readonly {
		readonly name: string;
		readonly device: string;
		pinOf(channel: number): number | undefined;
	}[];
}

/** Structurally a `SerialLineListener` of the Linux provider. */
interface SerialListener {
	onOpen(): void;
	onData(bytes: Uint8Array): void;
	onFailure(message: string): void;
}

/**
 * A Linux kernel as a program sees it through its device files, on a simulated board: GPIO line `n` is `board.net(n)`.
 * It is a `LinuxSystem` of the Linux provider, and answers the same bytes with the same bytes.
 *
 * ```ts
 * const system = new SimulatedLinux({ board, layout: "pi5" });
 * const provider = createLinuxProvider({ system });
 * ```
 *
 * ## For driver authors
 * Layout `"any-pins"` with the provider's option `board: anyPins` takes a driver's pins as they stand in its wiring.json.
 */
export class SimulatedLinux {
	readonly timer: Timer;
	/** ioctl requests that no device knew, by device path. */
	readonly unknownRequests: string[] = [];
	readonly #board: Board;
	readonly #layout: Layout;
	readonly #i2cHz: number;
	readonly #files = new Map<number, { readonly path: string; readonly file: DeviceFile }>();
	readonly #chips = new Map<string, SimulatedGPIOChip>();
	readonly #pwm = new Map<string, SimulatedPWMChip>();
	readonly #refusals = new Map<string, number>();
	#nextDescriptor = firstDescriptor;

	/** `i2cHz`: clock of the I2C buses, 100,000 where not given, as in config.txt. */
	constructor(options: { board: Board; layout: "pi5" | "pi4" | "any-pins"; i2cHz?: number }) {
		const { board, layout } = options;
		this.timer = board.timer;
		this.#board = board;
		this.#i2cHz = options.i2cHz ?? 100_000;
		this.#layout = layout === "any-pins" ? anyPinsLayout : piLayout(layout);
		for (const chip of this.#layout.gpio) {
			const install = (file: DeviceFile): number => this.#install(`line of /dev/${chip.name}`, file);
			this.#chips.set(chip.name, new SimulatedGPIOChip({ board, ...chip, install }));
		}
		for (const { name, pinOf } of this.#layout.pwm) this.#pwm.set(name, new SimulatedPWMChip(board, pinOf));
	}

	/** From now on opening `path` fails: `refuse("/dev/i2c-1", "EACCES")`. */
	refuse(path: string, name: keyof typeof errno): void {
		this.#refusals.set(path, errno[name]);
	}

	/** A kernel driver or another program takes a line of the header: requests of it answer EBUSY. */
	reserve(line: number, consumer: string): void {
		this.#chips.get(this.#layout.gpio.at(-1)?.name ?? "")?.reserve(line, consumer);
	}

	/** Descriptors that are open. */
	get openDescriptors(): number {
		return this.#files.size;
	}

	open(path: string, _flags: number): number {
		this.#spend();
		const refusal = this.#refusals.get(path);
		if (refusal !== undefined) return -refusal;
		const file = this.#openFile(path);
		return typeof file === "number" ? file : this.#install(path, file);
	}

	close(fd: number): void {
		this.#spend();
		this.#files.get(fd)?.file.close();
		this.#files.delete(fd);
	}

	read(fd: number, bytes: Uint8Array): number {
		this.#spend();
		const open = this.#files.get(fd);
		return open === undefined ? -errno.EBADF : (open.file.read?.(bytes) ?? -errno.EINVAL);
	}

	write(fd: number, bytes: Uint8Array): number {
		this.#spend();
		const open = this.#files.get(fd);
		return open === undefined ? -errno.EBADF : (open.file.write?.(bytes) ?? -errno.EINVAL);
	}

	ioctl(fd: number, request: number, memory: UserMemory): number {
		this.#spend();
		const open = this.#files.get(fd);
		if (open === undefined) return -errno.EBADF;
		const answer = open.file.ioctl?.(request, memory) ?? -errno.ENOTTY;
		if (answer === -errno.ENOTTY) this.unknownRequests.push(`${open.path}: 0x${request.toString(16)}`);
		return answer;
	}

	list(folder: string): readonly string[] {
		if (folder === "/dev") return [...this.#chips.keys(), ...this.#layout.devices];
		if (folder === "/sys/class/pwm") return [...this.#pwm.keys()];
		return [];
	}

	realPath(path: string): string | undefined {
		const [, chip = "", rest = ""] = /^\/sys\/class\/pwm\/(\w+)\/?(.*)$/.exec(path) ?? [];
		const pwm = this.#layout.pwm.find(({ name }) => name === chip);
		if (pwm !== undefined) {
			const device = `/sys/devices/platform/${pwm.device}`;
			if (rest === "device") return device;
			return this.#pwm.get(chip)?.has(rest) === true ? `${device}/pwm/${chip}/${rest}` : undefined;
		}
		const isThere = path.startsWith("/dev/") && (this.#layout.serial(path) !== undefined || this.#isDevice(path));
		return isThere ? path : undefined;
	}

	pause(milliseconds: number): void {
		this.#board.clock.spend(milliseconds * 1e6);
	}

	watchEdges(fd: number, listener: (events: Uint8Array) => void): () => void {
		const watch = this.#files.get(fd)?.file.watch;
		if (watch === undefined) throw new Error(`SimulatedLinux: descriptor ${fd} is no GPIO line.`);
		return watch(listener);
	}

	openSerial(
		path: string,
		baud: number,
		listener: SerialListener,
	): { write(bytes: Uint8Array, onSent: () => void): void; close(): void } {
		const { clock, io } = this.#board;
		const wires = this.#layout.serial(path);
		const refusal = wires === undefined ? errno.ENOENT : this.#refusals.get(path);
		if (wires === undefined || refusal !== undefined) {
			clock.callback(() => listener.onFailure(`opening ${path} failed with errno ${refusal}`));
			return { write: () => undefined, close: () => undefined };
		}
		let isOpen = false;
		let waiting: (() => void)[] = [];
		const serial = new io.Serial({
			...wires,
			baud,
			onReadable: () => {
				const bytes = serial.read();
				if (bytes !== undefined) listener.onData(new Uint8Array(bytes));
			},
			onWritable: () => {
				if (!isOpen) {
					isOpen = true;
					listener.onOpen();
					return;
				}
				const sent = waiting;
				waiting = [];
				for (const onSent of sent) onSent();
			},
		});
		return {
			write: (bytes, onSent) => {
				waiting.push(onSent);
				serial.write(bytes);
			},
			close: () => serial.close(),
		};
	}

	#openFile(path: string): DeviceFile | number {
		const name = /^\/dev\/([\w.-]+)$/.exec(path)?.[1];
		if (name !== undefined) {
			const chip = this.#chips.get(name);
			if (chip !== undefined) return chip.open();
			const i2c = this.#layout.i2c(name);
			if (i2c !== undefined) return openI2CDevice(this.#board, { ...i2c, hz: this.#i2cHz });
			const spi = this.#layout.spi(name);
			if (spi !== undefined) return openSPIDevice(this.#board, spi);
		}
		const adapter = /^\/sys\/class\/i2c-adapter\/([\w-]+)\/of_node\/clock-frequency$/.exec(path)?.[1];
		if (adapter !== undefined && this.#layout.i2c(adapter) !== undefined) return this.#clockFrequency();
		const [, pwm = "", rest = ""] = /^\/sys\/class\/pwm\/(\w+)\/(.+)$/.exec(path) ?? [];
		return this.#pwm.get(pwm)?.open(rest) ?? -errno.ENOENT;
	}

	/** A cell of the device tree: 32 bits, big-endian. */
	#clockFrequency(): DeviceFile {
		return {
			read: (bytes) => {
				new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, this.#i2cHz);
				return 4;
			},
			close: () => undefined,
		};
	}

	#isDevice(path: string): boolean {
		return this.list("/dev").includes(path.slice("/dev/".length));
	}

	#install(path: string, file: DeviceFile): number {
		const fd = this.#nextDescriptor++;
		this.#files.set(fd, { path, file });
		return fd;
	}

	#spend(): void {
		this.#board.clock.spend(callNs);
	}
}

/** The header's chip is the last one, and its number is that of kernels from 6.6.47 on. */
function piLayout(name: "pi5" | "pi4"): Layout {
	const board = name === "pi5" ? pi5 : pi4;
	const spi = board.spi.flatMap(({ out, in: input, clock, selects }) =>
		selects.map(({ device, pin }) => ({ device, wires: { out, in: input, clock, select: pin } })),
	);
	const header = { label: board.gpioLabel, lines: board.gpioLines };
	return {
		gpio:
			name === "pi5"
				? [
						{ name: "gpiochip10", label: "gpio-brcmstb@107d508500", lines: 32 },
						{ name: "gpiochip0", ...header },
					]
				: [
						{ name: "gpiochip1", label: "raspberrypi-exp-gpio", lines: 8 },
						{ name: "gpiochip0", ...header },
					],
		i2c: (device) => board.i2c.find((bus) => bus.device === `/dev/${device}`),
		spi: (device) => spi.find((bus) => bus.device === `/dev/${device}`)?.wires,
		serial: (path) => board.uart.find((uart) => uart.device === path),
		devices: [...board.i2c, ...spi, ...board.uart].map(({ device }) => device.slice("/dev/".length)),
		pwm: [
			// The Pi 5's second block drives its fan.
			...(name === "pi5" ? [{ name: "pwmchip0", device: "1f0009c000.pwm", pinOf: () => undefined }] : []),
			{
				name: name === "pi5" ? "pwmchip2" : "pwmchip0",
				device: board.pwm.device,
				pinOf: (channel) => board.pwm.channels.find((candidate) => candidate.channel === channel)?.pin,
			},
		],
	};
}

const anyPinsLayout: Layout = {
	gpio: [{ name: "gpiochip0", label: "any-pins", lines: 64 }],
	i2c(name) {
		const match = /^i2c-(\d+)-(\d+)$/.exec(name);
		return match === null ? undefined : { data: Number(match[1]), clock: Number(match[2]) };
	},
	spi(name) {
		const match = /^spidev-(\d+|x)-(\d+|x)-(\d+|x)$/.exec(name);
		if (match === null) return undefined;
		const wire = (option: "out" | "in" | "clock", text: string | undefined) =>
			text === undefined || text === "x" ? {} : { [option]: Number(text) };
		return { ...wire("out", match[1]), ...wire("in", match[2]), ...wire("clock", match[3]) };
	},
	serial(path) {
		const match = /^\/dev\/tty-(\d+)-(\d+)$/.exec(path);
		return match === null ? undefined : { receive: Number(match[1]), transmit: Number(match[2]) };
	},
	devices: [],
	pwm: [{ name: "pwmchip0", device: "any-pins.pwm", pinOf: (channel) => channel }],
};
