import { ElMessage } from 'element-plus/es/components/message/index'

/** A short word that something was done; read out, gone after three seconds. */
export function notify(message: string): void {
  ElMessage({ message, type: 'success', duration: 3000, grouping: true })
}
