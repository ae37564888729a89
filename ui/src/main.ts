import "./style.css";

import { mount } from "svelte";

import App from "./App.svelte";

const target = document.getElementById("page");
if (target) {
  // What the document shows until here.
  target.replaceChildren();
  mount(App, { target });
}
