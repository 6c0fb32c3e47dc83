import { useEffect, useState } from "preact/hooks";
import type { PageThing } from "../../src/serve/page-state.ts";
import { send } from "./send.ts";

/** A thing between two places, under a finger. */
export interface Drag {
	readonly thing: PageThing;
	readonly x: number;
	readonly y: number;
	/** Where it would go: `shelf-2`, `basket`. */
	readonly over: string | undefined;
}

/** Less than this is a click. */
const clickPixels = 6;

let current: Drag | undefined;
const listeners = new Set<(drag: Drag | undefined) => void>();

function show(drag: Drag | undefined): void {
	current = drag;
	for (const listener of listeners) listener(drag);
}

/** What is under the finger now. */
export function useDrag(): Drag | undefined {
	const [drag, setDrag] = useState(current);
	useEffect(() => {
		listeners.add(setDrag);
		return () => {
			listeners.delete(setDrag);
		};
	}, []);
	return drag;
}

function placeAt(x: number, y: number): string | undefined {
	for (const element of document.elementsFromPoint(x, y)) {
		const place = element.closest("[data-place]")?.getAttribute("data-place");
		if (place) return place;
	}
	return undefined;
}

/**
 * Follows a pointer that went down on a thing. A thing on a shelf is lifted as soon as the pointer moves, so that the
 * scales feel it; where the pointer lets go decides what becomes of it. Without a movement it is a click.
 */
export function follow(event: PointerEvent, thing: PageThing, from: "shelf" | "basket", onClick: () => void): void {
	if (current !== undefined || event.button !== 0) return;
	event.preventDefault();
	const { pointerId, clientX: startX, clientY: startY } = event;
	let lifted: Promise<boolean> | undefined;
	const move = (at: PointerEvent): void => {
		if (at.pointerId !== pointerId) return;
		if (lifted === undefined) {
			if (Math.hypot(at.clientX - startX, at.clientY - startY) < clickPixels) return;
			lifted = from === "shelf" ? send({ do: "take", thing: thing.id }) : Promise.resolve(true);
			void lifted.then((isLifted) => {
				if (!isLifted) end();
			});
		}
		show({ thing, x: at.clientX, y: at.clientY, over: placeAt(at.clientX, at.clientY) });
	};
	const up = (at: PointerEvent): void => {
		if (at.pointerId !== pointerId) return;
		const taken = lifted;
		if (taken === undefined) {
			end();
			onClick();
			return;
		}
		stop();
		const shelf = /^shelf-(\d+)$/.exec(placeAt(at.clientX, at.clientY) ?? "")?.[1];
		void taken
			.then((isLifted) =>
				isLifted && shelf !== undefined ? send({ do: "put", thing: thing.id, shelf: Number(shelf) }) : false,
			)
			.finally(() => show(undefined));
	};
	const cancel = (at: PointerEvent): void => {
		if (at.pointerId === pointerId) end();
	};
	const stop = (): void => {
		removeEventListener("pointermove", move);
		removeEventListener("pointerup", up);
		removeEventListener("pointercancel", cancel);
	};
	const end = (): void => {
		stop();
		show(undefined);
	};
	addEventListener("pointermove", move);
	addEventListener("pointerup", up);
	addEventListener("pointercancel", cancel);
}
