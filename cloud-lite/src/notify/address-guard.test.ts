import fc from "fast-check";
import { expect, test } from "vitest";
import { AddressGuard } from "./address-guard.ts";

test.each([
	"127.0.0.1",
	"127.8.9.1",
	"0.0.0.0",
	"10.0.0.1",
	"172.16.0.1",
	"172.31.255.255",
	"192.168.1.1",
	"169.254.169.254",
	"100.64.0.1",
	"100.100.100.200",
	"168.63.129.16",
	"192.0.0.192",
	"198.18.0.1",
	"224.0.0.1",
	"240.0.0.1",
	"255.255.255.255",
	"::",
	"::1",
	"::127.0.0.1",
	"::ffff:127.0.0.1",
	"::ffff:a9fe:a9fe",
	"::ffff:0:127.0.0.1",
	"64:ff9b::7f00:1",
	"2002:7f00:1::1",
	"2001:0:4136:e378:8000:63bf:3fff:fdd2",
	"fc00::1",
	"fd00:ec2::254",
	"fe80::1",
	"fec0::1",
	"ff02::1",
	"2001:db8::1",
	"100::1",
	"nonsense",
	"",
])("nothing is sent to %s", (address) => {
	expect(new AddressGuard().refusal(address)).toBeTypeOf("string");
});

test.each(["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2a00:1450:4001:82a::200e"])(
	"%s is public",
	(address) => {
		expect(new AddressGuard().refusal(address)).toBeUndefined();
	},
);

test("a range that the operator allows by name lets its own addresses through and no others", () => {
	const guard = new AddressGuard(["10.1.0.0/16", "fd00::/8"]);
	expect(guard.refusal("10.1.255.255")).toBeUndefined();
	expect(guard.refusal("::ffff:10.1.0.1")).toBeUndefined();
	expect(guard.refusal("fd12::1")).toBeUndefined();
	expect(guard.refusal("10.2.0.1")).toContain("private");
	expect(guard.isAllowedByName("8.8.8.8")).toBe(false);
	expect(() => new AddressGuard(["10.1.0.0"])).toThrow("10.1.0.0/16");
});

test("no address of a private network passes in any spelling of IPv6", () => {
	const guard = new AddressGuard();
	const byte = fc.integer({ min: 0, max: 255 });
	const inside = fc.oneof(
		fc.tuple(fc.constant(10), byte, byte, byte),
		fc.tuple(fc.constant(127), byte, byte, byte),
		fc.tuple(fc.constant(192), fc.constant(168), byte, byte),
		fc.tuple(fc.constant(169), fc.constant(254), byte, byte),
		fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), byte, byte),
	);
	fc.assert(
		fc.property(inside, fc.constantFrom("", "::ffff:", "64:ff9b::", "::"), (bytes, prefix) => {
			expect(guard.refusal(`${prefix}${bytes.join(".")}`)).toBeTypeOf("string");
		}),
	);
});
