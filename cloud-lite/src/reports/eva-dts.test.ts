import fc from "fast-check";
import { expect, test } from "vitest";
import { crc16Arc } from "./crc16-arc.ts";
import { evaDts, type MachineAudit } from "./eva-dts.ts";

const audit: MachineAudit = {
	serial: "fridge-1",
	model: "fridge",
	build: "1.4.0",
	location: "Lobby, 2nd floor",
	asset: "",
	currency: "USD",
	currencyNumber: 840,
	products: [
		{
			selection: "1",
			name: "Cola 330 ml",
			priceCents: 200,
			sinceInitialisation: { units: 40, cents: 8_000 },
			sinceLastReading: { units: 3, cents: 600 },
		},
		{
			selection: "2",
			name: "Crème * brûlée",
			priceCents: 350,
			sinceInitialisation: { units: 2, cents: 700 },
			sinceLastReading: { units: 0, cents: 0 },
		},
	],
	readings: 6,
	lastReadAtMs: Date.UTC(2026, 10, 27, 6, 5, 4),
	readAtMs: Date.UTC(2026, 10, 28, 7, 8, 9),
};

test("a reading has the lines of EVA-DTS in their order, money in cents and times in UTC", () => {
	expect(evaDts(audit).split("\r\n")).toEqual([
		"DXS*00fridge-1*VA*V1/6*1",
		"ST*001*0001",
		"ID1*fridge-1*fridge*1.4.0*Lobby, 2nd floor",
		"ID4*2*1840*USD",
		"ID5*261128*070809",
		"VA1*8700*42*600*3",
		"DA1*fridge-1*VisionVend*1.4.0",
		"DA2*8700*42*600*3",
		"PA1*1*200*Cola 330 ml",
		"PA2*40*8000*3*600",
		"PA1*2*350*Creme   brulee",
		"PA2*2*700*0*0",
		"EA3*7*261128*070809*VISIONVEND*261127*060504",
		expect.stringMatching(/^G85\*[0-9A-F]{4}$/),
		"SE*14*0001",
		"DXE*1*1",
		"",
	]);
});

test("the check is CRC-16/ARC over the lines from ST to the last one before it", () => {
	expect(crc16Arc(Buffer.from("123456789")).toString(16)).toBe("bb3d");
	const text = evaDts(audit);
	const checked = text.slice(text.indexOf("ST*"), text.indexOf("G85*"));
	expect(text).toContain(`G85*${crc16Arc(Buffer.from(checked)).toString(16).toUpperCase().padStart(4, "0")}\r\n`);
});

test("a currency without decimals says so", () => {
	expect(evaDts({ ...audit, currency: "JPY", currencyNumber: 392 })).toContain("ID4*0*1392*JPY\r\n");
});

test("no name of a product or place breaks a line or a field", () => {
	fc.assert(
		fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (name, location) => {
			const lines = evaDts({
				...audit,
				location,
				products: [{ ...audit.products[0]!, name }],
			}).split("\r\n");
			expect(lines).toHaveLength(15);
			const product = lines.find((line) => line.startsWith("PA1*"));
			expect(product?.split("*").length).toBeLessThanOrEqual(4);
			expect(lines.join("")).toMatch(/^[\x20-\x7e]*$/);
		}),
	);
});
