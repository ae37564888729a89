import "./style.css";
import "./media.css";

import { mount } from "svelte";

import App from "./App.svelte";
import { once } from "./clicks.ts";

const target = document.getElementById("page");
if (target) {
  // What the document shows until here.
  target.replaceChildren();
  once(document);
  mount(App, { target });
}
