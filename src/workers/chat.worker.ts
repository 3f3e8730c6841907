// Imports nothing beforehand: what other chunks share must not lie in this one. See entriesApart in vite.config.ts.
Promise.all([import('./bridge.ts'), import('./chat-room.ts')]).then(
  ([{ exposeRoom }, { chatRoom }]) => exposeRoom(chatRoom()),
  // The page hears of it as of any error that nobody caught.
  reportError,
)
