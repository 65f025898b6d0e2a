import '../shared/base.css'
import '../shared/language'
