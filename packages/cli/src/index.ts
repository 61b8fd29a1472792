/** The command line as a function, for programs that want to call it. */
export { main } from './main.js'
