import { defineConfig } from "vitest/config";

const rooms = ["sdk", "drivers", "firmware-moddable", "pi-runtime", "cloud-lite", "hardware-sim"];

// Modules of these rooms keep nothing between two tests: a worker loads each of them once, not once for each file.
const withoutState: ReadonlySet<string> = new Set(["sdk", "drivers", "firmware-moddable"]);

// Tests load the TypeScript sources of every room, so that a failing line is the line that was written.
const conditions = ["visionvend-source"];

export default defineConfig({
	test: {
		// All cores: by default vitest leaves one free, which on a machine with two is half of it.
		maxWorkers: "100%",
		projects: [...rooms, ".ci"].map((room) => ({
			resolve: { conditions },
			ssr: { resolve: { conditions } },
			test: {
				name: room === ".ci" ? "repository" : room,
				root: room,
				include: ["**/*.test.ts"],
				exclude: ["dist/**", "node_modules/**"],
				isolate: !withoutState.has(room),
				// Guards against hanging only: tests are not timed.
				testTimeout: 600_000,
				hookTimeout: 600_000,
			},
		})),
	},
});
