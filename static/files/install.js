// The last step of the installation: the portal is told that it is finished,
// and opens the app's own page.

import { setInstallFinish, fit } from "./frame.js";

fit();
setInstallFinish();
