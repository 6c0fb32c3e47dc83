import { expect, test } from "vitest";
import { matchesFilter } from "./topic-filter.ts";

test.each([
	["devices/a/status/door", "devices/a/status/door"],
	["devices/+/status/#", "devices/a/status/door"],
	["devices/a/#", "devices/a"],
	["#", "devices/a"],
	["$share/cloud/devices/+/status/door", "devices/a/status/door"],
	["+/+", "/a"],
])("%s matches %s", (filter, topic) => {
	expect(matchesFilter(filter, topic)).toBe(true);
});

test.each([
	["devices/a/status/door", "devices/b/status/door"],
	["devices/+", "devices/a/status"],
	["devices/+/status", "devices/a"],
	["devices/a", "devices/a/"],
	["#", "$SYS/uptime"],
	["+/uptime", "$SYS/uptime"],
])("%s does not match %s", (filter, topic) => {
	expect(matchesFilter(filter, topic)).toBe(false);
});
