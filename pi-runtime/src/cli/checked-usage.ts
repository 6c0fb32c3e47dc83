import { errorText } from "../error-text.ts";
import { UsageError } from "./usage-error.ts";

/** What `parse` returns; what it throws becomes a `UsageError`. For `parseArgs` of Node. */
export function checkedUsage<Result>(parse: () => Result): Result {
	try {
		return parse();
	} catch (error) {
		throw new UsageError(errorText(error), { cause: error });
	}
}
