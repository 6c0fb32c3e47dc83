import { existsSync } from "node:fs";

/**
 * What was committed last may be in the log beside a file alone, and a copy of the file would lack it.
 * @throws Error when there is such a log
 */
export function mustHaveNoLog(path: string): void {
	if (!existsSync(`${path}-wal`)) return;
	throw new Error(
		`${path} has a log beside it, for it was served: take what "backup" or "tenant export" writes of it instead`,
	);
}
