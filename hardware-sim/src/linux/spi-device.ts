import type { PinSpecifier } from "@visionvend/sdk/device/io/io";
import type { SPI } from "@visionvend/sdk/device/io/spi";
import type { Board } from "../board/board.ts";
import { answering, type DeviceFile, follow, type UserMemory, viewOf } from "./device-file.ts";
import { errno, request, spiTransfer } from "./kernel-abi.ts";

/** Module parameter `bufsiz` of spidev, in bytes. */
const transferBytesMaximum = 4_096;

export interface SPIWires {
	readonly out?: PinSpecifier;
	readonly in?: PinSpecifier;
	readonly clock?: PinSpecifier;
	/** Low while a transfer runs. */
	readonly select?: PinSpecifier;
}

/** One chip select of an SPI bus on pins of the board. */
export function openSPIDevice(board: Board, wires: SPIWires): DeviceFile {
	const { select: selectPin, ...pins } = wires;
	const select = selectPin === undefined ? undefined : board.net(selectPin).attach();
	select?.drive(1);
	let mode = 0;
	let bus: { readonly spi: SPI; readonly mode: number; readonly hz: number } | undefined;
	return {
		ioctl(number, memory) {
			const view = viewOf(memory.bytes);
			switch (number) {
				case request.SPI_IOC_WR_MODE:
					if (view.getUint8(0) > 3) throw new Error(`SimulatedLinux: SPI mode ${view.getUint8(0)} is not modelled.`);
					mode = view.getUint8(0);
					return 0;
				case request.SPI_IOC_WR_BITS_PER_WORD:
					return view.getUint8(0) === 8 ? 0 : -errno.EINVAL;
				case request.SPI_IOC_WR_MAX_SPEED_HZ:
					return view.getUint32(0, true) === 0 ? -errno.EINVAL : 0;
				case request["SPI_IOC_MESSAGE(1)"]:
					return answering(() => transfer(memory));
				default:
					return -errno.ENOTTY;
			}
		},
		close() {
			bus?.spi.close();
			select?.detach();
		},
	};

	function transfer(memory: UserMemory): number {
		const view = viewOf(memory.bytes);
		const length = spiTransfer.length(view);
		const hz = spiTransfer.hz(view);
		if (length > transferBytesMaximum) return -errno.EMSGSIZE;
		if (spiTransfer.bitsPerWord(view) !== 8) return -errno.EINVAL;
		const sent = follow(memory, spiTransfer.sentAt)?.bytes;
		const received = follow(memory, spiTransfer.receivedAt)?.bytes;
		if ((sent?.length ?? length) < length || (received?.length ?? length) < length) return -errno.EFAULT;
		if (bus === undefined || bus.mode !== mode || bus.hz !== hz) {
			bus?.spi.close();
			bus = { spi: new board.io.SPI({ ...pins, hz, mode }), mode, hz };
		}
		const bytes = new Uint8Array(length);
		if (sent !== undefined) bytes.set(sent.subarray(0, length));
		select?.drive(0);
		if (received === undefined) bus.spi.write(bytes);
		else bus.spi.transfer(bytes);
		select?.drive(1);
		received?.set(bytes);
		return length;
	}
}
