import { ref } from 'vue'

/** One sentence that the screen has to say now; gone with the next screen. */
export const note = ref('')
