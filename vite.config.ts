import { defineConfig } from 'vite'
import solid from 'vite-plugin-solid'

export default defineConfig({
  // Relative, so that the built studio runs under any path of any static host.
  base: './',
  plugins: [solid()],
  worker: { format: 'es' },
  build: { target: 'es2023', sourcemap: true },
})
