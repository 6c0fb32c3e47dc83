import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { PageState } from "../../src/serve/page-state.ts";
import { Fascia } from "./fascia.tsx";
import type { Cabinet } from "./geometry.ts";

/** Nothing can be drawn narrower. A browser may tell less while it lays the page out anew. */
const leastWidth = 280;

/** The width of an element in whole pixels; 0 until it is known. */
export function useWidth(): [RefObject<HTMLDivElement | null>, number] {
	const element = useRef<HTMLDivElement>(null);
	const [width, setWidth] = useState(0);
	useEffect(() => {
		if (!element.current) return;
		const observer = new ResizeObserver(([entry]) => {
			if (entry) setWidth(Math.max(leastWidth, Math.round(entry.contentRect.width)));
		});
		observer.observe(element.current);
		return () => observer.disconnect();
	}, []);
	return [element, width];
}

interface FrameProps {
	readonly frame: RefObject<HTMLDivElement | null>;
	readonly cabinet: Cabinet;
	readonly state: PageState;
	readonly title: string;
	/** What is behind the front, as SVG. */
	readonly children: ComponentChildren;
}

/** The cabinet that every kind of machine has, with its panel. */
export function Frame({ frame, cabinet: geometry, state, title, children }: FrameProps) {
	const { cabinet, fascia, inside, width, height, compact } = geometry;
	const top = inside.y + inside.height;
	const middle = (top + cabinet.y + cabinet.height) / 2;
	const slots = compact ? 16 : 22;
	return (
		<div class="fridge" ref={frame} style={{ height: `${height}px` }}>
			{width > 0 && (
				<>
					<svg class="drawing" width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
						<title>{`${state.machine.id}: ${title}`}</title>
						<defs>
							<linearGradient id="cabinet" x1="0" x2="1" y1="0" y2="0">
								<stop offset="0" stop-color="#1b2221" />
								<stop offset=".08" stop-color="#333d3b" />
								<stop offset=".92" stop-color="#2c3534" />
								<stop offset="1" stop-color="#161c1b" />
							</linearGradient>
							<linearGradient id="inside" x1="0" x2="0" y1="0" y2="1">
								<stop offset="0" stop-color="#f7fbfa" />
								<stop offset=".5" stop-color="#e6eeec" />
								<stop offset="1" stop-color="#d3dedb" />
							</linearGradient>
							<linearGradient id="glass" x1="0" x2="1" y1="0" y2="1">
								<stop offset="0" stop-color="#dff3ef" stop-opacity=".3" />
								<stop offset=".45" stop-color="#bfd8d3" stop-opacity=".08" />
								<stop offset="1" stop-color="#87a39d" stop-opacity=".2" />
							</linearGradient>
							<linearGradient id="lamp" x1="0" x2="0" y1="0" y2="1">
								<stop offset="0" stop-color="#fff" stop-opacity=".95" />
								<stop offset="1" stop-color="#fff" stop-opacity="0" />
							</linearGradient>
						</defs>
						<ellipse
							cx={cabinet.x + cabinet.width / 2}
							cy={height - 5}
							rx={cabinet.width / 2 + 8}
							ry="5"
							class="shadow"
						/>
						<rect {...cabinet} rx={compact ? 12 : 18} fill="url(#cabinet)" />
						<rect {...fascia} rx={compact ? 7 : 10} fill="#121817" />
						<rect {...inside} rx="4" fill="url(#inside)" />
						<g class="vent">
							{Array.from({ length: slots }, (_, index) => {
								const x = cabinet.x + cabinet.width / 2 + (index - (slots - 1) / 2) * 9;
								return <path key={x} d={`M${x} ${middle - 4}v8`} />;
							})}
						</g>
						{children}
					</svg>
					<Fascia geometry={geometry} state={state} />
				</>
			)}
		</div>
	);
}
