import { render } from "preact";
import { App } from "./app.tsx";
import { connect } from "./store.ts";

const page = document.getElementById("page");
if (!page) throw new Error("index.html has no place for the page");
connect();
render(<App />, page);
