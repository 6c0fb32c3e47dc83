import { expect, test } from "vitest";
import { HardwareError } from "./hardware-error.ts";

test("a hardware error names its kind", () => {
	expect(new HardwareError("bus", "x").kind).toBe("bus");
});
