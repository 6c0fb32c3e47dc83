import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { deviceSchemas } from "../protocol/validator-source.ts";
import { topics } from "./topics.ts";

const page = readFileSync(new URL("../../../docs/architecture/messages.md", import.meta.url), "utf8");

test("the page has a row for every topic, and none for a topic that is not there", () => {
	const named = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, topic]) => `devices/m/${topic}`);
	expect(named.sort()).toEqual(Object.values(topics("m")).sort());
});

test("the page names every message of the device", () => {
	for (const name of Object.keys(deviceSchemas)) {
		if (name !== "ControllerConfiguration") expect(page).toContain(`\`${name}\``);
	}
});
