import { expect, test } from "vitest";
import { createLog } from "./server.ts";

test("0.33 4.31 the log is JSON, one line an entry, with time, level and service; below its level it is silent", () => {
	const lines: string[] = [];
	const log = createLog("warn", { write: (line: string) => lines.push(line) });
	log({ level: "info", room: "cloud", event: "started" });
	log({ level: "error", room: "cloud", event: "error", message: "two\nlines", requestId: "request-1" });
	expect(lines).toHaveLength(1);
	const [line = ""] = lines;
	expect(line.trimEnd()).not.toContain("\n");
	expect(JSON.parse(line)).toEqual({
		time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
		level: "error",
		service: "visionvend-cloud",
		room: "cloud",
		event: "error",
		message: "two\nlines",
		requestId: "request-1",
	});
});
