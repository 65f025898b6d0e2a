/** The service worker of the resident and field doors: each file is one duty. It never intercepts anything but GET. */
import { offerLivePhotos } from './photos'
import { offerShell } from './precache'
import { offerNotificationClick } from './notification-click'
import { offerPush } from './push'
import { offerSync } from './sync'

offerShell()
offerLivePhotos()
offerPush()
offerNotificationClick()
offerSync()
