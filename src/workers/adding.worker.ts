// Imports nothing beforehand: what other chunks share must not lie in this one. See entriesApart in vite.config.ts.
Promise.all([import('./bridge.ts'), import('./adding-room.ts'), import('../storage/connection.ts')]).then(
  ([{ exposeRoom }, { addingRoom }, { onClosed }]) => exposeRoom(addingRoom(), onClosed),
  // The page hears of it as of any error that nobody caught.
  reportError,
)

export {}
