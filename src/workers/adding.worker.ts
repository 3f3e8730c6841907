// Imports nothing beforehand: what other chunks share must not lie in this one. See entriesApart in vite.config.ts.
Promise.all([import('./bridge.ts'), import('./adding-room.ts')]).then(
  ([{ exposeRoom }, { addingRoom }]) => exposeRoom(addingRoom()),
  // The page hears of it as of any error that nobody caught.
  reportError,
)
