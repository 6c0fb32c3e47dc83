/*
	GPIO character device, version 2: include/uapi/linux/gpio.h, since Linux 5.10.
	https://docs.kernel.org/userspace-api/gpio/chardev.html
*/
import { exchangeRequest, readRequest } from "./ioctl.ts";
import { decodeText, encodeText } from "./text.ts";

/** GPIO_MAX_NAME_SIZE: names, labels and consumers, with the zero byte that ends them. */
export const nameBytes = 32;
/** GPIO_V2_LINES_MAX */
export const linesMaximum = 64;
/** GPIO_V2_LINE_NUM_ATTRS_MAX */
export const attributesMaximum = 10;

/** `enum gpio_v2_line_flag`. They fit into 32 bits; the kernel's field has 64. */
export const lineFlag = Object.freeze({
	USED: 1 << 0,
	ACTIVE_LOW: 1 << 1,
	INPUT: 1 << 2,
	OUTPUT: 1 << 3,
	EDGE_RISING: 1 << 4,
	EDGE_FALLING: 1 << 5,
	OPEN_DRAIN: 1 << 6,
	OPEN_SOURCE: 1 << 7,
	BIAS_PULL_UP: 1 << 8,
	BIAS_PULL_DOWN: 1 << 9,
	BIAS_DISABLED: 1 << 10,
});

/** `enum gpio_v2_line_attr_id` */
export const attributeId = Object.freeze({ FLAGS: 1, OUTPUT_VALUES: 2, DEBOUNCE: 3 });

/** `enum gpio_v2_line_event_id` */
export const eventId = Object.freeze({ RISING_EDGE: 1, FALLING_EDGE: 2 });

/** `struct gpiochip_info` */
export const chipInfoLayout = Object.freeze({ size: 68, name: 0, label: 32, lines: 64 });

/** `struct gpio_v2_line_values` */
export const lineValuesLayout = Object.freeze({ size: 16, bits: 0, mask: 8 });

/** `struct gpio_v2_line_attribute`; `values` is a union with `flags` and `debounce_period_us`. */
export const lineAttributeLayout = Object.freeze({ size: 16, id: 0, values: 8 });

/** `struct gpio_v2_line_config_attribute` */
export const configAttributeLayout = Object.freeze({ size: 24, attr: 0, mask: 16 });

/** `struct gpio_v2_line_config` */
export const lineConfigLayout = Object.freeze({ size: 272, flags: 0, numAttrs: 8, attrs: 32 });

/** `struct gpio_v2_line_request` */
export const lineRequestLayout = Object.freeze({
	size: 592,
	offsets: 0,
	consumer: 256,
	config: 288,
	numLines: 560,
	eventBufferSize: 564,
	fd: 588,
});

/** `struct gpio_v2_line_info` */
export const lineInfoLayout = Object.freeze({
	size: 256,
	name: 0,
	consumer: 32,
	offset: 64,
	numAttrs: 68,
	flags: 72,
	attrs: 80,
});

/** `struct gpio_v2_line_event` */
export const lineEventLayout = Object.freeze({
	size: 48,
	timestampNs: 0,
	id: 8,
	offset: 12,
	seqno: 16,
	lineSeqno: 20,
});

const type = 0xb4;
export const GPIO_GET_CHIPINFO_IOCTL = readRequest(type, 0x01, chipInfoLayout.size);
export const GPIO_V2_GET_LINEINFO_IOCTL = exchangeRequest(type, 0x05, lineInfoLayout.size);
export const GPIO_V2_GET_LINE_IOCTL = exchangeRequest(type, 0x07, lineRequestLayout.size);
export const GPIO_V2_LINE_GET_VALUES_IOCTL = exchangeRequest(type, 0x0e, lineValuesLayout.size);
export const GPIO_V2_LINE_SET_VALUES_IOCTL = exchangeRequest(type, 0x0f, lineValuesLayout.size);

export interface ChipInfo {
	readonly name: string;
	/** Which kind of chip this is, whatever its number: `pinctrl-rp1`. */
	readonly label: string;
	readonly lines: number;
}

export function decodeChipInfo(bytes: Uint8Array): ChipInfo {
	const { name, label, lines } = chipInfoLayout;
	return {
		name: decodeText(bytes.subarray(name, name + nameBytes)),
		label: decodeText(bytes.subarray(label, label + nameBytes)),
		lines: viewOf(bytes).getUint32(lines, true),
	};
}

/** Asks for one line. `flags` are of `lineFlag`; an output starts at `initialValue`. */
export function encodeLineRequest(request: {
	readonly line: number;
	readonly consumer: string;
	readonly flags: number;
	readonly initialValue?: 0 | 1;
	/** Edges that the kernel keeps until they are read; 0 is its default of 16 a line. */
	readonly eventBufferSize?: number;
}): Uint8Array {
	const layout = lineRequestLayout;
	const bytes = new Uint8Array(layout.size);
	const view = viewOf(bytes);
	view.setUint32(layout.offsets, request.line, true);
	encodeText(request.consumer, bytes.subarray(layout.consumer, layout.consumer + nameBytes));
	view.setBigUint64(layout.config + lineConfigLayout.flags, BigInt(request.flags), true);
	if (request.initialValue !== undefined) {
		view.setUint32(layout.config + lineConfigLayout.numAttrs, 1, true);
		const attribute = layout.config + lineConfigLayout.attrs;
		view.setUint32(attribute + lineAttributeLayout.id, attributeId.OUTPUT_VALUES, true);
		view.setBigUint64(attribute + lineAttributeLayout.values, BigInt(request.initialValue), true);
		view.setBigUint64(attribute + configAttributeLayout.mask, 1n, true);
	}
	view.setUint32(layout.numLines, 1, true);
	view.setUint32(layout.eventBufferSize, request.eventBufferSize ?? 0, true);
	return bytes;
}

/** The descriptor of the line, once the kernel has granted the request. */
export function decodeRequestedDescriptor(request: Uint8Array): number {
	return viewOf(request).getInt32(lineRequestLayout.fd, true);
}

/** Values of a request of one line. */
export function encodeLineValue(value: 0 | 1): Uint8Array {
	const bytes = new Uint8Array(lineValuesLayout.size);
	bytes[lineValuesLayout.bits] = value;
	bytes[lineValuesLayout.mask] = 1;
	return bytes;
}

export function decodeLineValue(bytes: Uint8Array): 0 | 1 {
	return ((bytes[lineValuesLayout.bits] ?? 0) & 1) === 1 ? 1 : 0;
}

export function encodeLineInfoQuery(line: number): Uint8Array {
	const bytes = new Uint8Array(lineInfoLayout.size);
	viewOf(bytes).setUint32(lineInfoLayout.offset, line, true);
	return bytes;
}

export function decodeLineInfo(bytes: Uint8Array): { readonly name: string; readonly consumer: string } {
	const { name, consumer } = lineInfoLayout;
	return {
		name: decodeText(bytes.subarray(name, name + nameBytes)),
		consumer: decodeText(bytes.subarray(consumer, consumer + nameBytes)),
	};
}

export interface LineEvent {
	/** Of the kernel's monotonic clock, at the interrupt. */
	readonly timestampNs: bigint;
	readonly rising: boolean;
	readonly line: number;
	/** Counts the edges of the line from 1: a gap tells how many were lost. */
	readonly sequence: number;
}

/** The whole events in `bytes`, as read(2) delivered them. */
export function decodeLineEvents(bytes: Uint8Array): LineEvent[] {
	const view = viewOf(bytes);
	const events: LineEvent[] = [];
	for (let at = 0; at + lineEventLayout.size <= bytes.length; at += lineEventLayout.size) {
		events.push({
			timestampNs: view.getBigUint64(at + lineEventLayout.timestampNs, true),
			rising: view.getUint32(at + lineEventLayout.id, true) === eventId.RISING_EDGE,
			line: view.getUint32(at + lineEventLayout.offset, true),
			sequence: view.getUint32(at + lineEventLayout.lineSeqno, true),
		});
	}
	return events;
}

function viewOf(bytes: Uint8Array): DataView {
	return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
