# build/reco.js

sdk:
