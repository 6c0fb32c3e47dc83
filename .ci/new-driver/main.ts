import { fileURLToPath } from "node:url";
import { newDriver } from "./new-driver.ts";

// npm run new-driver -- NAME: 0 made, 1 not possible, 2 wrong arguments.

/** From `.ci/dist/.ci/new-driver`, where the build puts this. */
const top = fileURLToPath(new URL("../../../..", import.meta.url));

const names = process.argv.slice(2);
const [name] = names;
if (name === undefined || names.length > 1 || name.startsWith("-")) {
	console.error(`npm run new-driver -- NAME

Makes a driver, its chip for the simulator, their tests and its page: drivers/NAME, hardware-sim/src/chips/NAME.ts and
what else has to know of it. NAME has small letters, digits and "-": light-curtain.`);
	process.exitCode = 2;
} else {
	try {
		const files = newDriver(top, name);
		console.log(`${files.join("\n")}

It passes as it is: npm run build && npx vitest run ${name} run-conformance driver-folder
Now make it yours: docs/guides/write-a-driver.md says in which order.`);
	} catch (error) {
		if (!(error instanceof RangeError)) throw error;
		console.error(error.message);
		process.exitCode = 1;
	}
}
