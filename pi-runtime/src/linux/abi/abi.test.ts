import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { errno } from "./errno.ts";
import { openFlags } from "./fcntl.ts";
import * as gpio from "./gpio.ts";
import * as i2c from "./i2c-dev.ts";
import * as poll from "./poll.ts";
import * as spi from "./spidev.ts";

/** `lineSeqno` of ours is `line_seqno` of the header. */
function structure(name: string, layout: Readonly<Record<string, number>>): [string, number][] {
	return Object.entries(layout).map(([member, value]) => [
		member === "size"
			? `sizeof ${name}`
			: `${name}.${member.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
		value,
	]);
}

function constants(prefix: string, table: Readonly<Record<string, number>>): [string, number][] {
	return Object.entries(table).map(([name, value]) => [`${prefix}${name}`, value]);
}

const ours = new Map<string, number>([
	["GPIO_MAX_NAME_SIZE", gpio.nameBytes],
	["GPIO_V2_LINES_MAX", gpio.linesMaximum],
	["GPIO_V2_LINE_NUM_ATTRS_MAX", gpio.attributesMaximum],
	["GPIO_GET_CHIPINFO_IOCTL", gpio.GPIO_GET_CHIPINFO_IOCTL],
	["GPIO_V2_GET_LINEINFO_IOCTL", gpio.GPIO_V2_GET_LINEINFO_IOCTL],
	["GPIO_V2_GET_LINE_IOCTL", gpio.GPIO_V2_GET_LINE_IOCTL],
	["GPIO_V2_LINE_GET_VALUES_IOCTL", gpio.GPIO_V2_LINE_GET_VALUES_IOCTL],
	["GPIO_V2_LINE_SET_VALUES_IOCTL", gpio.GPIO_V2_LINE_SET_VALUES_IOCTL],
	...constants("GPIO_V2_LINE_FLAG_", gpio.lineFlag),
	...constants("GPIO_V2_LINE_ATTR_ID_", gpio.attributeId),
	...constants("GPIO_V2_LINE_EVENT_", gpio.eventId),
	...structure("gpiochip_info", gpio.chipInfoLayout),
	...structure("gpio_v2_line_values", gpio.lineValuesLayout),
	...structure("gpio_v2_line_attribute", gpio.lineAttributeLayout),
	...structure("gpio_v2_line_config_attribute", gpio.configAttributeLayout),
	...structure("gpio_v2_line_config", gpio.lineConfigLayout),
	...structure("gpio_v2_line_request", gpio.lineRequestLayout),
	...structure("gpio_v2_line_info", gpio.lineInfoLayout),
	...structure("gpio_v2_line_event", gpio.lineEventLayout),
	["I2C_RDWR", i2c.I2C_RDWR],
	["I2C_M_RD", i2c.I2C_M_RD],
	["I2C_RDWR_IOCTL_MAX_MSGS", i2c.messagesMaximum],
	...structure("i2c_msg", i2c.messageLayout),
	...structure("i2c_rdwr_ioctl_data", i2c.transferLayout),
	["SPI_IOC_MESSAGE(1)", spi.SPI_IOC_MESSAGE_1],
	["SPI_IOC_WR_MODE", spi.SPI_IOC_WR_MODE],
	["SPI_IOC_WR_BITS_PER_WORD", spi.SPI_IOC_WR_BITS_PER_WORD],
	["SPI_IOC_WR_MAX_SPEED_HZ", spi.SPI_IOC_WR_MAX_SPEED_HZ],
	...structure("spi_ioc_transfer", spi.spiTransferLayout),
	...constants("", openFlags),
	["POLLIN", poll.POLLIN],
	["POLLERR", poll.POLLERR],
	["POLLHUP", poll.POLLHUP],
	["POLLNVAL", poll.POLLNVAL],
	...structure("pollfd", poll.pollfdLayout),
	...constants("", errno),
]);

function parse(text: string): Map<string, number> {
	return new Map(
		text
			.trim()
			.split("\n")
			.map((line): [string, number] => {
				const space = line.lastIndexOf(" ");
				return [line.slice(0, space), Number(line.slice(space + 1))];
			}),
	);
}

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

test("sizes, offsets, requests and flags are those that a 64-bit kernel's headers gave", () => {
	const expected = parse(readFileSync(here("linux-64-bit.txt"), "utf8"));
	expect(expected.size).toBeGreaterThan(100);
	expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(expected));
});

const compiler = process.env.CC ?? "cc";

/** Why the headers of this machine cannot be asked, or `undefined`. */
function reasonAgainstCompiling(): string | undefined {
	if (process.arch !== "x64" && process.arch !== "arm64")
		return `${process.arch} is no 64-bit architecture that we know`;
	for (const header of ["gpio.h", "i2c-dev.h", "spi/spidev.h"])
		if (!existsSync(`/usr/include/linux/${header}`)) return `<linux/${header}> is not installed`;
	try {
		execFileSync(compiler, ["--version"], { stdio: "ignore" });
	} catch {
		return `there is no C compiler (${compiler})`;
	}
	return undefined;
}

const reason = reasonAgainstCompiling();

test.skipIf(reason !== undefined)(
	`the kernel headers of this machine say the same${reason === undefined ? "" : ` (skipped: ${reason})`}`,
	() => {
		const folder = mkdtempSync(join(tmpdir(), "visionvend-abi-"));
		try {
			const program = join(folder, "abi");
			execFileSync(compiler, ["-D_GNU_SOURCE", "-Wall", "-Werror", "-o", program, here("abi.c")]);
			const printed = parse(execFileSync(program, { encoding: "utf8" }));
			expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(printed));
		} finally {
			rmSync(folder, { recursive: true });
		}
	},
);

test("a line request carries line, consumer, flags and the first level of an output", () => {
	const bytes = gpio.encodeLineRequest({
		line: 17,
		consumer: "a consumer whose name is far too long",
		flags: gpio.lineFlag.OUTPUT,
		initialValue: 1,
	});
	const view = new DataView(bytes.buffer);
	expect(bytes).toHaveLength(592);
	expect(view.getUint32(0, true)).toBe(17);
	expect(new TextDecoder().decode(bytes.subarray(256, 288))).toBe("a consumer whose name is far to\0");
	expect(view.getBigUint64(288, true)).toBe(8n); // OUTPUT
	expect(view.getUint32(296, true)).toBe(1); // one attribute:
	expect([view.getUint32(320, true), view.getBigUint64(328, true), view.getBigUint64(336, true)]).toEqual([2, 1n, 1n]);
	expect(view.getUint32(560, true)).toBe(1); // one line
});

test("events are decoded one by one, and a cut one at the end is left alone", () => {
	const bytes = new Uint8Array(3 * 48 - 1);
	const view = new DataView(bytes.buffer);
	view.setBigUint64(0, 2n ** 40n, true);
	view.setUint32(8, 1, true);
	view.setUint32(12, 27, true);
	view.setUint32(20, 1, true);
	view.setUint32(48 + 8, 2, true);
	view.setUint32(48 + 20, 5, true);
	expect(gpio.decodeLineEvents(bytes)).toEqual([
		{ timestampNs: 2n ** 40n, rising: true, line: 27, sequence: 1 },
		{ timestampNs: 0n, rising: false, line: 0, sequence: 5 },
	]);
});
