/*
	SPI device files: include/uapi/linux/spi/spidev.h.
	https://docs.kernel.org/spi/spidev.html
*/
import type { KernelMemory, KernelPointer } from "../linux-system.ts";
import { writeRequest } from "./ioctl.ts";

/** SPI_IOC_MAGIC, 'k' */
const type = 0x6b;

/** `struct spi_ioc_transfer` */
export const spiTransferLayout = Object.freeze({
	size: 32,
	txBuf: 0,
	rxBuf: 8,
	len: 16,
	speedHz: 20,
	delayUsecs: 24,
	bitsPerWord: 26,
	csChange: 27,
});

/** `SPI_IOC_MESSAGE(1)` */
export const SPI_IOC_MESSAGE_1 = writeRequest(type, 0, spiTransferLayout.size);
export const SPI_IOC_WR_MODE = writeRequest(type, 1, 1);
export const SPI_IOC_WR_BITS_PER_WORD = writeRequest(type, 3, 1);
export const SPI_IOC_WR_MAX_SPEED_HZ = writeRequest(type, 4, 4);

/** One transfer: `received` gets what comes in while `sent` goes out. They may be the same bytes. */
export function encodeSPITransfer(sent: Uint8Array, received: Uint8Array | undefined, hz: number): KernelMemory {
	const bytes = new Uint8Array(spiTransferLayout.size);
	const view = new DataView(bytes.buffer);
	view.setUint32(spiTransferLayout.len, sent.length, true);
	view.setUint32(spiTransferLayout.speedHz, hz, true);
	view.setUint8(spiTransferLayout.bitsPerWord, 8);
	const pointers: KernelPointer[] = [{ offset: spiTransferLayout.txBuf, target: { bytes: sent } }];
	if (received !== undefined) pointers.push({ offset: spiTransferLayout.rxBuf, target: { bytes: received } });
	return { bytes, pointers };
}
