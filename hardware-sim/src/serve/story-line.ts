import { timelineLine, words } from "../demo/timeline.ts";
import type { StageEvent } from "../scenario/stage.ts";

/** What the page tells of an event; `undefined` for details. */
export function storyText(event: StageEvent): string | undefined {
	if (event.room === "world" && event.event === "fault") return `breaks: ${words(event.name)}`;
	if (event.room === "world" && event.event === "fault over") return `is mended: ${words(event.name)}`;
	const line = timelineLine(event, { plain: true });
	// A line of the demo begins with the time and the room, which the page has in columns of its own.
	const room = `${event.room.padEnd(10)}  `;
	return line?.slice(line.indexOf(room) + room.length);
}
