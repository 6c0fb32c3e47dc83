import type { PageState } from "../../src/serve/page-state.ts";

/** What the two cameras see; a picture is fetched when what it would show has changed. */
export function Cameras({ state }: { readonly state: PageState }) {
	const { cameras, machine } = state;
	if (cameras === null) return null;
	const version = encodeURIComponent(`${machine.seed} ${cameras.scene}`);
	return (
		<section class="card cameras" aria-labelledby="cameras-title">
			<h2 id="cameras-title">Cameras</h2>
			<div class="views">
				{[0, 1].map((camera) => (
					<img
						key={camera}
						class="view"
						src={`/cameras/${camera}.jpg?scene=${version}`}
						width="448"
						height="252"
						alt={`What camera ${camera} sees: shelves ${camera * 2 + 1} and ${camera * 2 + 2}`}
					/>
				))}
			</div>
		</section>
	);
}
