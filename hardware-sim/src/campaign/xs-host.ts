import { EnvironmentError } from "../language/typescript.ts";
import { buildXsHost, type XsHost } from "../xs/build.ts";

let built: XsHost | undefined;

/** The XS engine, built at the first call. Throws an `EnvironmentError` where it cannot be. */
export function xsHost(): XsHost {
	if (built !== undefined) return built;
	const result = buildXsHost({ onProgress: () => undefined });
	if (!result.ok) throw new EnvironmentError(`The XS engine cannot be built: ${result.reason}`);
	built = result;
	return result;
}
