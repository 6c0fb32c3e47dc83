import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import { errno } from "./abi/errno.ts";
import { openFlags } from "./abi/fcntl.ts";
import {
	chipInfoLayout,
	decodeChipInfo,
	decodeLineInfo,
	decodeRequestedDescriptor,
	encodeLineInfoQuery,
	encodeLineRequest,
	GPIO_GET_CHIPINFO_IOCTL,
	GPIO_V2_GET_LINE_IOCTL,
	GPIO_V2_GET_LINEINFO_IOCTL,
} from "./abi/gpio.ts";
import { linuxError } from "./linux-error.ts";
import type { LinuxSystem } from "./linux-system.ts";

/** As `gpioinfo` shows who holds a line. */
const consumer = "visionvend";

/** An open GPIO chip. */
export class GPIOChip {
	readonly path: string;
	readonly label: string;
	readonly #system: LinuxSystem;
	readonly #fd: number;

	private constructor(system: LinuxSystem, path: string, label: string, fd: number) {
		this.#system = system;
		this.path = path;
		this.label = label;
		this.#fd = fd;
	}

	/**
	 * Opens the first chip with one of these labels. By label, because the number of a chip is chance: that of the Pi 5's
	 * header went from gpiochip4 to gpiochip0 with kernel 6.6.47 (raspberrypi/linux pull request 6144).
	 */
	static find(system: LinuxSystem, labels: readonly string[]): GPIOChip {
		const seen: string[] = [];
		let refusal: Error | undefined;
		for (const name of [...system.list("/dev")].filter((entry) => /^gpiochip\d+$/.test(entry)).sort()) {
			const path = `/dev/${name}`;
			const attempt = { owner: "GPIO", path, group: "gpio" } as const;
			const fd = system.open(path, openFlags.O_RDWR | openFlags.O_CLOEXEC);
			if (fd < 0) {
				refusal ??= linuxError(attempt, `opening ${path}`, -fd);
				continue;
			}
			const bytes = new Uint8Array(chipInfoLayout.size);
			const answer = system.ioctl(fd, GPIO_GET_CHIPINFO_IOCTL, { bytes });
			if (answer < 0) {
				refusal ??= linuxError(attempt, `asking ${path} for its label`, -answer);
				system.close(fd);
				continue;
			}
			const { label } = decodeChipInfo(bytes);
			if (labels.includes(label)) return new GPIOChip(system, path, label, fd);
			seen.push(`${path} (${label})`);
			system.close(fd);
		}
		if (refusal !== undefined) throw refusal;
		throw new HardwareError(
			"unexpected-device",
			`GPIO: no chip is labelled ${labels.join(" or ")}. ${seen.length === 0 ? "There is no /dev/gpiochip at all" : `Here are ${seen.join(", ")}`}. Is this the board that the program is for?`,
		);
	}

	/** Takes a line and returns its descriptor. `flags` are of `lineFlag`. */
	request(owner: string, line: number, flags: number, initialValue: 0 | 1 | undefined): number {
		const bytes = encodeLineRequest({
			line,
			consumer,
			flags,
			...(initialValue === undefined ? {} : { initialValue }),
		});
		const answer = this.#system.ioctl(this.#fd, GPIO_V2_GET_LINE_IOCTL, { bytes });
		if (answer >= 0) return decodeRequestedDescriptor(bytes);
		if (answer === -errno.EBUSY) {
			const holder = this.#consumerOf(line);
			throw new HardwareError(
				"in-use",
				`${owner}: line ${line} of ${this.path} is in use by ${holder}. End that program or kernel driver, or choose another pin.`,
			);
		}
		throw linuxError({ owner, path: this.path, group: "gpio" }, `taking line ${line} of ${this.path}`, -answer);
	}

	close(): void {
		this.#system.close(this.#fd);
	}

	#consumerOf(line: number): string {
		const bytes = encodeLineInfoQuery(line);
		const answer = this.#system.ioctl(this.#fd, GPIO_V2_GET_LINEINFO_IOCTL, { bytes });
		const { consumer: holder } = decodeLineInfo(bytes);
		return answer < 0 || holder === "" ? "somebody that the kernel does not name" : `"${holder}"`;
	}
}
