import { type Look, lookOf, type Shape } from "./looks.ts";

/** Shades that all drawings share. Once in the page. */
export function Shades() {
	return (
		<svg width="0" height="0" class="shades" aria-hidden="true">
			<title>Shades</title>
			<defs>
				<linearGradient id="round" x1="0" x2="1" y1="0" y2="0">
					<stop offset="0" stop-color="#000" stop-opacity=".34" />
					<stop offset=".22" stop-color="#fff" stop-opacity=".34" />
					<stop offset=".38" stop-color="#fff" stop-opacity=".04" />
					<stop offset=".72" stop-color="#000" stop-opacity=".02" />
					<stop offset="1" stop-color="#000" stop-opacity=".36" />
				</linearGradient>
				<linearGradient id="flat" x1="0" x2="1" y1="0" y2="1">
					<stop offset="0" stop-color="#fff" stop-opacity=".26" />
					<stop offset=".5" stop-color="#fff" stop-opacity="0" />
					<stop offset="1" stop-color="#000" stop-opacity=".24" />
				</linearGradient>
				<linearGradient id="metal" x1="0" x2="1" y1="0" y2="0">
					<stop offset="0" stop-color="#7c858a" />
					<stop offset=".3" stop-color="#f3f6f7" />
					<stop offset=".7" stop-color="#b4bcc0" />
					<stop offset="1" stop-color="#6f787d" />
				</linearGradient>
			</defs>
		</svg>
	);
}

interface ArtProps {
	readonly sku: string | undefined;
	/** Of the drawing, in pixels. Its left upper corner is the origin. */
	readonly width: number;
	readonly height: number;
}

/** One unit of a product, from the front. */
export function ProductArt({ sku, width, height }: ArtProps) {
	const look = lookOf(sku);
	// Every shape is drawn in a box of 100 by its own proportion, and scaled.
	return <g transform={`scale(${width / 100} ${height / 100})`}>{shapes[look.shape](look)}</g>;
}

const shapes: Readonly<Record<Shape, (look: Look) => preact.ComponentChild>> = Object.freeze({
	can: (look) => canArt(look),
	"slim-can": ({ main, second, accent }) => (
		<>
			<path d="M8 9q42-9 84 0v83q-42 9-84 0z" fill={second} />
			<path d="M8 14h84L8 60z" fill={main} />
			<path d="M8 92V66l84-46v72q-42 9-84 0z" fill={main} />
			<path d="M60 26 30 58h17l-9 26 33-37H53z" fill={accent} />
			<path d="M8 9q42-9 84 0v83q-42 9-84 0z" fill="url(#round)" />
			{canEnds()}
		</>
	),
	bottle: ({ main, second, accent }) => (
		<>
			<path d="M36 9h28v10q26 10 28 26v45q0 9-9 9H17q-9 0-9-9V45q2-16 28-26z" fill={main} fill-opacity=".92" />
			<path d="M8 52h84v27H8z" fill={second} />
			<path d="M8 58q21-7 42 0t42 0v6q-21 7-42 0t-42 0z" fill={accent} fill-opacity=".75" />
			<path d="M36 9h28v10q26 10 28 26v45q0 9-9 9H17q-9 0-9-9V45q2-16 28-26z" fill="url(#round)" />
			<rect x="33" y="1" width="34" height="9" rx="2.5" fill={accent} />
			<rect x="33" y="1" width="34" height="9" rx="2.5" fill="url(#round)" />
		</>
	),
	"small-bottle": ({ main, second, accent }) => (
		<>
			<path d="M30 12h40v6q20 7 22 20v52q0 9-9 9H17q-9 0-9-9V38q2-13 22-20z" fill={main} />
			<rect x="8" y="46" width="84" height="34" fill={second} />
			<circle cx="38" cy="61" r="10" fill={main} />
			<circle cx="56" cy="66" r="8" fill={accent} />
			<circle cx="57" cy="55" r="6" fill={main} fill-opacity=".7" />
			<path d="M30 12h40v6q20 7 22 20v52q0 9-9 9H17q-9 0-9-9V38q2-13 22-20z" fill="url(#round)" />
			<rect x="27" y="1" width="46" height="12" rx="3" fill={accent} />
			<rect x="27" y="1" width="46" height="12" rx="3" fill="url(#round)" />
		</>
	),
	carton: ({ main, second, accent }) => (
		<>
			<path d="M8 26h84v73H8z" fill={second} />
			<path d="M8 26 24 7h52l16 19z" fill={main} />
			<path d="M22 1h56v8H22z" fill={accent} />
			<path d="M8 26h84v13H8zM8 88h84v11H8z" fill={main} />
			<circle cx="50" cy="62" r="19" fill={main} />
			<circle cx="44" cy="56" r="6" fill="#fff" fill-opacity=".35" />
			<path d="M52 44q6-9 16-8-2 10-16 8z" fill={accent} />
			<path d="M22 1h56v6l14 19v73H8V26L22 7z" fill="url(#flat)" />
		</>
	),
	wedge: ({ main, second, accent }) => (
		<>
			<path d="M6 98 50 6l44 92z" fill="#f5efe3" />
			<path d="M18 92 50 24l32 68z" fill={main} />
			<path d="M24 92 50 37l26 55z" fill={accent} />
			<path d="M27 92 50 44l23 48z" fill={second} />
			<path d="M31 92 50 53l19 39z" fill={main} />
			<path d="M6 98 50 6l44 92z" fill="url(#flat)" />
			<path d="M6 98h88v-8H6z" fill="#2d3835" fill-opacity=".86" />
		</>
	),
	cup: ({ main, second, accent }) => (
		<>
			<path d="M8 16h84l-9 78q-1 5-6 5H23q-5 0-6-5z" fill={main} />
			<path d="M11 42h78l-4 34H15z" fill={second} />
			<circle cx="50" cy="59" r="11" fill={accent} />
			<path d="M8 16h84l-9 78q-1 5-6 5H23q-5 0-6-5z" fill="url(#round)" />
			<rect x="3" y="7" width="94" height="11" rx="5" fill="url(#metal)" />
		</>
	),
	bowl: ({ main, second, accent }) => (
		<>
			<path d="M6 34h88l-8 54q-2 11-12 11H26q-10 0-12-11z" fill={main} fill-opacity=".85" />
			<circle cx="28" cy="48" r="13" fill={second} />
			<circle cx="52" cy="44" r="13" fill={accent} />
			<circle cx="74" cy="49" r="12" fill="#8fbf5a" />
			<circle cx="40" cy="68" r="12" fill="#f7e3a1" />
			<circle cx="63" cy="69" r="13" fill="#8c2f62" />
			<path d="M6 34h88l-8 54q-2 11-12 11H26q-10 0-12-11z" fill="url(#round)" />
			<path d="M2 24q48-22 96 0v10H2z" fill="#fff" fill-opacity=".62" stroke="#9fb1aa" stroke-width="1.5" />
		</>
	),
	bag: ({ main, second, accent }) => (
		<>
			<path d="M9 3q41 6 82 0l-4 47 4 47q-41-6-82 0l4-47z" fill={main} />
			<path d="M12 34q38-16 76 0l-1 16 1 12q-38 15-76 0l1-12z" fill={second} />
			<ellipse cx="38" cy="49" rx="13" ry="9" fill={accent} transform="rotate(-18 38 49)" />
			<ellipse cx="61" cy="50" rx="13" ry="9" fill={accent} fill-opacity=".82" transform="rotate(16 61 50)" />
			<path d="M9 3q41 6 82 0l-4 47 4 47q-41-6-82 0l4-47z" fill="url(#flat)" />
			<path d="M9 3q41 6 82 0l-.6 6q-40 6-80.8 0zM9 97q41-6 82 0l-.6-6q-40-6-80.8 0z" fill="#fff" fill-opacity=".38" />
		</>
	),
	pouch: ({ main, second, accent }) => (
		<>
			<path d="M13 4h74l5 82q0 10-10 12-32-6-64 0-10-2-10-12z" fill={main} />
			<rect x="20" y="26" width="60" height="46" rx="22" fill={second} />
			<ellipse cx="40" cy="46" rx="9" ry="7" fill={accent} transform="rotate(-30 40 46)" />
			<ellipse cx="60" cy="44" rx="9" ry="7" fill={main} transform="rotate(24 60 44)" />
			<ellipse cx="51" cy="58" rx="9" ry="7" fill={accent} transform="rotate(8 51 58)" />
			<path d="M13 4h74l5 82q0 10-10 12-32-6-64 0-10-2-10-12z" fill="url(#flat)" />
			<rect x="13" y="4" width="74" height="9" fill="#fff" fill-opacity=".3" />
		</>
	),
	bar: ({ main, second, accent }) => (
		<>
			<rect x="10" y="8" width="80" height="84" fill={main} />
			<path d="M10 8 18 1l8 7 8-7 8 7 8-7 8 7 8-7 8 7 8-7 8 7v9H10z" fill={second} />
			<path d="m10 92 8 7 8-7 8 7 8-7 8 7 8-7 8 7 8-7 8 7 8-7v-9H10z" fill={second} />
			<path d="M24 60 76 34v14L24 74z" fill={accent} />
			<rect x="10" y="8" width="80" height="84" fill="url(#flat)" />
		</>
	),
	box: ({ main, second, accent }) => (
		<>
			<rect x="6" y="6" width="88" height="93" rx="3" fill={main} />
			<rect x="16" y="30" width="68" height="34" rx="4" fill={second} />
			<rect x="24" y="42" width="52" height="10" rx="5" fill={accent} />
			<rect x="6" y="6" width="88" height="93" rx="3" fill="url(#flat)" />
		</>
	),
	mug: ({ main, second, accent }) => (
		<>
			<path d="M70 32q26-4 24 20-2 22-28 20v-9q17 1 18-11 1-13-14-11z" fill={accent} />
			<path d="M8 18h68l-6 72q-1 9-9 9H23q-8 0-9-9z" fill={main} />
			<ellipse cx="42" cy="20" rx="34" ry="9" fill={accent} />
			<ellipse cx="42" cy="21" rx="29" ry="6.5" fill={second} />
			<path d="M8 18h68l-6 72q-1 9-9 9H23q-8 0-9-9z" fill="url(#round)" fill-opacity=".6" />
		</>
	),
	stone: ({ main, second, accent }) => (
		<>
			<path d="M4 74Q0 40 24 20T70 10q28 12 27 48 0 34-24 38H22Q6 96 4 74z" fill={main} />
			<path d="M4 74Q8 88 40 86t57-28q0 34-24 38H22Q6 96 4 74z" fill={second} />
			<path d="M24 34q14-18 40-16-22 6-40 16z" fill={accent} />
			<path d="M52 54l14 5-8 9zM26 58l9-3 3 7z" fill={second} />
		</>
	),
});

function canArt({ main, second, accent }: Look) {
	return (
		<>
			<path d="M8 10q42-9 84 0v81q-42 9-84 0z" fill={main} />
			<path d="M8 58q26-26 48-14t36-12v26q-20 22-42 10T8 82z" fill={accent} />
			<path d="M8 62q26-24 48-12t36-12v5q-14 24-36 12T8 68z" fill={second} fill-opacity=".5" />
			<path d="M8 10q42-9 84 0v81q-42 9-84 0z" fill="url(#round)" />
			{canEnds()}
		</>
	);
}

function canEnds() {
	return (
		<>
			<path d="M12 3q38-5 76 0l4 7q-42-9-84 0z" fill="url(#metal)" />
			<path d="M12 98q38 4 76 0l4-7q-42 9-84 0z" fill="url(#metal)" />
		</>
	);
}
