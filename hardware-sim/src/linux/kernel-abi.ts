/*
	The kernel's side of the character devices, by the headers include/uapi/linux/gpio.h, i2c-dev.h, i2c.h and
	spi/spidev.h on a 64-bit kernel. The numbers are written down here a second time and not taken from the room under
	test: a mistake there must not be made here too. kernel-abi.test.ts compares them with what a C compiler printed.
*/

export const request = Object.freeze({
	GPIO_GET_CHIPINFO_IOCTL: 0x8044b401,
	GPIO_V2_GET_LINEINFO_IOCTL: 0xc100b405,
	GPIO_V2_GET_LINE_IOCTL: 0xc250b407,
	GPIO_V2_LINE_GET_VALUES_IOCTL: 0xc010b40e,
	GPIO_V2_LINE_SET_VALUES_IOCTL: 0xc010b40f,
	I2C_RDWR: 0x0707,
	"SPI_IOC_MESSAGE(1)": 0x40206b00,
	SPI_IOC_WR_MODE: 0x40016b01,
	SPI_IOC_WR_BITS_PER_WORD: 0x40016b03,
	SPI_IOC_WR_MAX_SPEED_HZ: 0x40046b04,
});

export const errno = Object.freeze({
	EPERM: 1,
	ENOENT: 2,
	EIO: 5,
	EBADF: 9,
	EAGAIN: 11,
	EACCES: 13,
	EFAULT: 14,
	EBUSY: 16,
	ENODEV: 19,
	EINVAL: 22,
	ENOTTY: 25,
	EMSGSIZE: 90,
	EREMOTEIO: 121,
});

export const lineFlag = Object.freeze({
	GPIO_V2_LINE_FLAG_USED: 1n,
	GPIO_V2_LINE_FLAG_ACTIVE_LOW: 2n,
	GPIO_V2_LINE_FLAG_INPUT: 4n,
	GPIO_V2_LINE_FLAG_OUTPUT: 8n,
	GPIO_V2_LINE_FLAG_EDGE_RISING: 16n,
	GPIO_V2_LINE_FLAG_EDGE_FALLING: 32n,
	GPIO_V2_LINE_FLAG_OPEN_DRAIN: 64n,
	GPIO_V2_LINE_FLAG_BIAS_PULL_UP: 256n,
	GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN: 512n,
	GPIO_V2_LINE_FLAG_BIAS_DISABLED: 1024n,
});

/** Sizes and offsets by their names in the headers. */
export const layout = Object.freeze({
	"gpiochip_info.name": 0,
	"gpiochip_info.label": 32,
	"gpiochip_info.lines": 64,
	"gpio_v2_line_values.bits": 0,
	"gpio_v2_line_values.mask": 8,
	"gpio_v2_line_attribute.id": 0,
	"gpio_v2_line_attribute.values": 8,
	"sizeof gpio_v2_line_config_attribute": 24,
	"gpio_v2_line_config_attribute.mask": 16,
	"gpio_v2_line_config.flags": 0,
	"gpio_v2_line_config.num_attrs": 8,
	"gpio_v2_line_config.attrs": 32,
	"gpio_v2_line_request.offsets": 0,
	"gpio_v2_line_request.consumer": 256,
	"gpio_v2_line_request.config": 288,
	"gpio_v2_line_request.num_lines": 560,
	"gpio_v2_line_request.event_buffer_size": 564,
	"gpio_v2_line_request.fd": 588,
	"gpio_v2_line_info.name": 0,
	"gpio_v2_line_info.consumer": 32,
	"gpio_v2_line_info.offset": 64,
	"gpio_v2_line_info.flags": 72,
	"sizeof gpio_v2_line_event": 48,
	"gpio_v2_line_event.timestamp_ns": 0,
	"gpio_v2_line_event.id": 8,
	"gpio_v2_line_event.offset": 12,
	"gpio_v2_line_event.seqno": 16,
	"gpio_v2_line_event.line_seqno": 20,
	"sizeof i2c_msg": 16,
	"i2c_msg.addr": 0,
	"i2c_msg.flags": 2,
	"i2c_msg.len": 4,
	"i2c_msg.buf": 8,
	"i2c_rdwr_ioctl_data.msgs": 0,
	"i2c_rdwr_ioctl_data.nmsgs": 8,
	"spi_ioc_transfer.tx_buf": 0,
	"spi_ioc_transfer.rx_buf": 8,
	"spi_ioc_transfer.len": 16,
	"spi_ioc_transfer.speed_hz": 20,
	"spi_ioc_transfer.bits_per_word": 26,
});

/** GPIO_MAX_NAME_SIZE */
const nameBytes = 32;

export function writeChipInfo(into: DataView, chip: { name: string; label: string; lines: number }): void {
	writeText(into, layout["gpiochip_info.name"], chip.name);
	writeText(into, layout["gpiochip_info.label"], chip.label);
	into.setUint32(layout["gpiochip_info.lines"], chip.lines, true);
}

/** `struct gpio_v2_line_request`, as far as the simulation knows it. */
export interface LineRequest {
	readonly lines: readonly number[];
	readonly consumer: string;
	readonly flags: bigint;
	/** Level that each requested line starts at, as far as an attribute gives it. */
	readonly outputs: bigint;
}

/** GPIO_V2_LINES_MAX, GPIO_V2_LINE_NUM_ATTRS_MAX */
const linesMaximum = 64;
const attributesMaximum = 10;
/** GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES */
const outputValues = 2;

/** Reads a request; `undefined` where the kernel would answer EINVAL. */
export function readLineRequest(from: DataView): LineRequest | undefined {
	const config = layout["gpio_v2_line_request.config"];
	const count = from.getUint32(layout["gpio_v2_line_request.num_lines"], true);
	const attributesAt = config + layout["gpio_v2_line_config.num_attrs"];
	const attributes = from.getUint32(attributesAt, true);
	if (count < 1 || count > linesMaximum || attributes > attributesMaximum) return undefined;
	// linereq_create and gpio_v2_line_config_validate in drivers/gpio/gpiolib-cdev.c: the padding must be zero.
	const firstAttribute = config + layout["gpio_v2_line_config.attrs"];
	for (let at = attributesAt + 4; at < firstAttribute; at += 4) if (from.getUint32(at, true) !== 0) return undefined;
	const padding = layout["gpio_v2_line_request.event_buffer_size"] + 4;
	for (let at = padding; at < layout["gpio_v2_line_request.fd"]; at += 4)
		if (from.getUint32(at, true) !== 0) return undefined;
	let outputs = 0n;
	for (let index = 0; index < attributes; index++) {
		const at = firstAttribute + index * layout["sizeof gpio_v2_line_config_attribute"];
		const id = from.getUint32(at + layout["gpio_v2_line_attribute.id"], true);
		if (id !== outputValues) throw new Error(`SimulatedLinux: line attribute ${id} is not modelled.`);
		outputs =
			from.getBigUint64(at + layout["gpio_v2_line_attribute.values"], true) &
			from.getBigUint64(at + layout["gpio_v2_line_config_attribute.mask"], true);
	}
	return {
		lines: Array.from({ length: count }, (_, index) =>
			from.getUint32(layout["gpio_v2_line_request.offsets"] + 4 * index, true),
		),
		consumer: readText(from, layout["gpio_v2_line_request.consumer"]),
		flags: from.getBigUint64(config + layout["gpio_v2_line_config.flags"], true),
		outputs,
	};
}

export function writeLineRequestDescriptor(into: DataView, fd: number): void {
	into.setInt32(layout["gpio_v2_line_request.fd"], fd, true);
}

export function readLineInfoOffset(from: DataView): number {
	return from.getUint32(layout["gpio_v2_line_info.offset"], true);
}

export function writeLineInfo(into: DataView, info: { name: string; consumer: string; flags: bigint }): void {
	writeText(into, layout["gpio_v2_line_info.name"], info.name);
	writeText(into, layout["gpio_v2_line_info.consumer"], info.consumer);
	into.setBigUint64(layout["gpio_v2_line_info.flags"], info.flags, true);
}

/** `struct gpio_v2_line_values` */
export const lineValues = Object.freeze({
	bits: (from: DataView): bigint => from.getBigUint64(layout["gpio_v2_line_values.bits"], true),
	mask: (from: DataView): bigint => from.getBigUint64(layout["gpio_v2_line_values.mask"], true),
	setBits: (into: DataView, bits: bigint): void => into.setBigUint64(layout["gpio_v2_line_values.bits"], bits, true),
});

/** One `struct gpio_v2_line_event`. */
export function lineEvent(event: {
	readonly timestampNs: number;
	readonly rising: boolean;
	readonly line: number;
	readonly sequence: number;
	readonly lineSequence: number;
}): Uint8Array {
	const bytes = new Uint8Array(layout["sizeof gpio_v2_line_event"]);
	const view = new DataView(bytes.buffer);
	view.setBigUint64(layout["gpio_v2_line_event.timestamp_ns"], BigInt(event.timestampNs), true);
	// GPIO_V2_LINE_EVENT_RISING_EDGE is 1, GPIO_V2_LINE_EVENT_FALLING_EDGE 2.
	view.setUint32(layout["gpio_v2_line_event.id"], event.rising ? 1 : 2, true);
	view.setUint32(layout["gpio_v2_line_event.offset"], event.line, true);
	view.setUint32(layout["gpio_v2_line_event.seqno"], event.sequence, true);
	view.setUint32(layout["gpio_v2_line_event.line_seqno"], event.lineSequence, true);
	return bytes;
}

/** `struct i2c_rdwr_ioctl_data`: where the pointer to the messages is, and how many there are. */
export const i2cTransfer = Object.freeze({
	messagesAt: layout["i2c_rdwr_ioctl_data.msgs"],
	count: (from: DataView): number => from.getUint32(layout["i2c_rdwr_ioctl_data.nmsgs"], true),
});

/** `struct i2c_msg` number `index` of an array. */
export function readI2CMessage(
	from: DataView,
	index: number,
): { readonly address: number; readonly read: boolean; readonly length: number; readonly bufferAt: number } {
	const at = layout["sizeof i2c_msg"] * index;
	const flags = from.getUint16(at + layout["i2c_msg.flags"], true);
	// I2C_M_RD is 1.
	if (flags > 1) throw new Error(`SimulatedLinux: i2c_msg flags 0x${flags.toString(16)} are not modelled.`);
	return {
		address: from.getUint16(at + layout["i2c_msg.addr"], true),
		read: flags === 1,
		length: from.getUint16(at + layout["i2c_msg.len"], true),
		bufferAt: at + layout["i2c_msg.buf"],
	};
}

/** `struct spi_ioc_transfer` */
export const spiTransfer = Object.freeze({
	sentAt: layout["spi_ioc_transfer.tx_buf"],
	receivedAt: layout["spi_ioc_transfer.rx_buf"],
	length: (from: DataView): number => from.getUint32(layout["spi_ioc_transfer.len"], true),
	hz: (from: DataView): number => from.getUint32(layout["spi_ioc_transfer.speed_hz"], true),
	bitsPerWord: (from: DataView): number => from.getUint8(layout["spi_ioc_transfer.bits_per_word"]),
});

function readText(from: DataView, offset: number): string {
	const bytes = new Uint8Array(from.buffer, from.byteOffset + offset, nameBytes);
	const end = bytes.indexOf(0);
	return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function writeText(into: DataView, offset: number, text: string): void {
	const bytes = new Uint8Array(into.buffer, into.byteOffset + offset, nameBytes);
	bytes.fill(0);
	new TextEncoder().encodeInto(text, bytes.subarray(0, nameBytes - 1));
}
