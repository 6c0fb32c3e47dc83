import { useEffect, useRef } from "preact/hooks";
import type { PageState } from "../../src/serve/page-state.ts";

const width = 128;
const height = 64;
/** A white panel, as most of these modules have. */
const glow = [226, 242, 255] as const;

/** The display's pixels, one of the screen's squares each. */
export function Oled({ display, scale }: { readonly display: PageState["display"]; readonly scale: number }) {
	const canvas = useRef<HTMLCanvasElement>(null);
	useEffect(() => {
		const context = canvas.current?.getContext("2d");
		if (!context) return;
		const image = context.createImageData(width, height);
		const bits = atob(display.pixels);
		// The panel is seen at its lowest contrast too, and hardly brighter at the upper end.
		const brightness = 0.45 + (0.55 * display.contrast) / 255;
		for (let index = 0; index < width * height; index++) {
			const isLit = (bits.charCodeAt(index >> 3) >> (7 - (index & 7))) & 1;
			for (const [channel, value] of glow.entries())
				image.data[index * 4 + channel] = isLit ? Math.round(value * brightness) : 4;
			image.data[index * 4 + 3] = 255;
		}
		context.putImageData(image, 0, 0);
	}, [display]);
	const text = display.on ? display.text.join(", ") : "dark";
	return (
		<canvas
			ref={canvas}
			class="oled"
			width={width}
			height={height}
			style={{ width: `${width * scale}px`, height: `${height * scale}px` }}
			role="img"
			aria-label={`Display: ${text}`}
			data-text={text}
		/>
	);
}
