/** What a recording shows: two pictures a second at all times, or every picture around an open door. */
export type RecordingKind = "quiet" | "door";

/** What the name of a file tells. */
export interface SegmentName {
	/** Of the first picture, milliseconds since 1970. */
	readonly startMs: number;
	readonly camera: number;
	readonly kind: RecordingKind;
}

const form = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)\.(\d{3})Z-camera-(\d)-(quiet|door)\.ts(\.part)?$/;

/** Behind the name of a file that is being written. */
export const unfinished = ".part";

/** `20260102T030405.678Z-camera-0-quiet.ts`: files sort by time. */
export function segmentName({ startMs, camera, kind }: SegmentName): string {
	const time = new Date(startMs).toISOString().replaceAll(/[-:]/g, "");
	return `${time}-camera-${camera}-${kind}.ts`;
}

/** Reads a name, finished or not; `undefined` for a file that is none of ours. */
export function readSegmentName(name: string): SegmentName | undefined {
	const [whole, year, month, day, hour, minute, second, millisecond, camera, kind] = form.exec(name) ?? [];
	if (whole === undefined || (kind !== "quiet" && kind !== "door")) return undefined;
	const startMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${millisecond}Z`);
	return Number.isNaN(startMs) ? undefined : { startMs, camera: Number(camera), kind };
}
