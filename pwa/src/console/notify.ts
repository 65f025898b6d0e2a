import { ElMessage } from 'element-plus/es/components/message/index'

/** Says that it went wrong and what to do; read out, stays until it is closed. */
export function notifyProblem(problem: { detail: string; action: string }): void {
  ElMessage({ message: `${problem.detail} ${problem.action}`, type: 'error', duration: 0, showClose: true, grouping: true })
}

/** A short word that something was done; read out, gone after three seconds. */
export function notify(message: string): void {
  ElMessage({ message, type: 'success', duration: 3000, grouping: true })
}
