/** What staff do, alerts and appeals, in the words of the trade. */

export default {
  act: {
    message: "发消息", ask_check: "抽查核验", pause: "暂停学习", resume: "恢复学习", sign_out: "强制签退", block_device: "停用设备",
    unblock_device: "恢复设备", allow_checks: "允许继续核验", allow_enrolment: "允许重新登记照片", set_actions: "调整核验动作",
  },
  actDo: {
    message: "消息会立即显示在学员页面上，直到学员确认。",
    ask_check: "学员会立即收到核验，和随机核验一样计入结果。",
    pause: "学员暂停期间不计时，直到恢复或当天结束；已计入和待确认的时间都保留。",
    resume: "学员可以继续学习。",
    sign_out: "学员会立即签退；待确认的时间保留，下次核验通过后计入。核验进行中时不能签退。",
    block_device: "学员不能再用当前这台设备学习，会立即签退；换设备可以继续。",
    unblock_device: "学员可以再用被停用的设备学习。",
    allow_checks: "今日核验失败次数清零，学员可以继续核验。",
    allow_enrolment: "学员可以重新登记一次照片。",
    set_actions: "",
  },
  reason: {
    NOT_ATTENTIVE: "未专心学习", SOMEONE_ELSE: "疑似非本人", SUSPICIOUS: "学习行为异常", CAMERA: "摄像头或光线问题", TECHNICAL: "技术原因",
    LEARNER_ASKED: "学员要求", CLASS_MATTER: "班级安排", MATTER_SETTLED: "问题已处理", BY_MISTAKE: "误操作", OTHER: "其他原因",
  },
  canned: ["请专心学习，不要离开画面。", "请调整光线，让脸清楚可见。", "请一个人学习，旁人请离开画面。", "请完成本课后休息，注意用眼。"],
  outcome: {
    DONE: "已完成：{act}。", LATER: "已保存：学员现在不在课堂，下次进入时看到。", pending: "结果未知", refused: "未执行",
  },
  panel: {
    title: "{name}的学习情况", close: "关闭", lastHour: "最近一小时", asOf: "截至 {at}", nothing: "最近一小时没有学习记录。", checks: "核验",
    picture: "查看抓拍", hidePicture: "收起抓拍", pictureOf: "{name} {at} 核验的抓拍", pictureKept: "查看已记入操作日志。",
    acts: "人工处理", noActs: "没有处理记录。", doing: "处理", readOnly: "您可以查看，不能处理学员。",
    pickReason: "原因（学员会看到）", words: "说明（选填，学员会看到，不要写联系方式）", wordsNeeded: "说明（必填，学员会看到，不要写联系方式）",
    submit: "确定：{act}", undo: "撤销", seen: "学员已确认", undone: "已撤销", by: "{by}：{act}（{reason}）",
    keys: "数字键 1–6 选择处理，Esc 关闭",
  },
  event: {
    began: "开始学习", ended: "签退（{reason}）", check: "{kind}：{outcome}", bar: "{bar}开始", barEnded: "{bar}结束",
  },
  lists: { title: "待办", persons: "人工核验", alerts: "提醒", appeals: "申诉", failed: "没有加载成功。", none: { alerts: "没有待处理的提醒。", appeals: "没有待处理的申诉。" }, closed: "最近处理" },
  person: {
    none: "没有等待人工核验的学员。", since: "{at} 申请", due: "{at} 起等待核验", takenBy: "{by}正在核验", take: "接通视频",
    calling: "人工核验：{name}", connecting: "正在呼叫学员，请稍候…", talking: "已接通，请核对是否本人。", learner: "学员现在的画面",
    portrait: "登记照片", noPortrait: "学员没有登记照片，请让学员出示身份证件核对。", mine: "您的画面", sound: "打开声音", silent: "没有可用的摄像头或麦克风，学员看不到、听不到您。",
    idNumber: "身份证号", noIdNumber: "未登记", how: "请核对画面中的人与登记照片、姓名和证件是否一致，并确认只有学员一个人。结论和您的姓名记入学员的核验记录。",
    pass: "核实是本人，通过", why: "不通过的原因", refuse: "不通过", back: "挂断，放回队列", close: "关闭",
    reason: { NOT_THE_LEARNER: "不是学员本人", NOT_ALONE: "画面中不止一个人", OTHER: "其他原因" },
    over: { passed: "已通过。", failed: "已判定不通过。", none: "通话已结束，没有结论；学员仍在队列中。" },
  },
  alert: {
    kind: {
      wrong_face: "非本人", spoof: "疑似假体", check_failures: "今日核验失败用尽", check_failed: "核验未通过", check_missed: "核验超时",
      second_device: "第二台设备登录", progress_ahead: "快速进度异常", window_switching: "窗口切换频繁", seek: "快进异常", idle: "长时间未操作",
      multi_device: "多设备登录", device_switch: "设备切换", ip_change: "IP地址变更", time_skew: "时间异常", shared_terminal: "同终端多人", other: "需要关注",
    },
    severity: { low: "低", medium: "中", high: "高", critical: "严重" },
    state: { found: "已发现", handling: "处理中", solved: "已解决", ignored: "已忽略" },
    claim: "我来处理", release: "退回", close: "办结", closeAs: "处理结果", choose: "请选择处理结果", mine: "我在处理", by: "{by}在处理",
    cost: "未计入 {time}", look: "看学员", closedBy: "{at} {by}：{outcome}", severityOf: "严重程度：{severity}",
    outcome: {
      SPOKE_WITH_LEARNER: "已与学员沟通", IDENTITY_CONFIRMED: "已确认是本人", NOT_THE_LEARNER: "确认非本人", MEASURES_TAKEN: "已采取措施",
      TECHNICAL_FAULT: "技术故障", FALSE_ALARM: "误报", NOTHING_TO_DO: "无需处理",
    },
    handover: "交班", handoverLead: "把您正在处理的全部提醒交给同事；同事无权查看的退回待办。", handoverTo: "交给", queue: "退回待办",
    handed: "已交班：{given} 条交给同事，{back} 条退回待办。",
  },
  appeal: {
    title: "申诉", button: "申诉", lead: "由培训机构的工作人员查看抓拍和记录后决定；给回进度须两人同意。请在 30 天内提出。",
    why: "请选择理由", words: "说明（选填，不要写联系方式）", wordsNeeded: "说明（必填，不要写联系方式）", submit: "提交申诉",
    about: { check: "{at} {kind}：{outcome}", session: "{at} 签退（{reason}）" },
    reason: {
      IT_WAS_ME: "是我本人在学习", CAMERA_FAULT: "摄像头故障", NETWORK_FAULT: "网络故障", PLATFORM_FAULT: "平台故障", NO_PROMPT: "没有看到核验提示",
      WAS_STUDYING: "我一直在学习", OTHER: "其他理由",
    },
    state: { filed: "已提交", proposed: "复核中", granted: "申诉成立", refused: "申诉不成立" },
    filed: "{at} 提交，{due} 前答复。", given: "已给回 {time}的进度，无需重新观看。", nothingLeft: "相应进度没有需要给回的。",
    decided: "{at} {decision}。", kept: "已计入的学时不受影响。",
    decision: {
      IDENTITY_CONFIRMED: "已确认是本人", TECHNICAL_FAULT: "确有技术故障", PLATFORM_FAULT: "确有平台故障", BENEFIT_OF_DOUBT: "存疑，从有利于学员",
      NOT_THE_LEARNER: "不是本人", NO_FAULT_FOUND: "没有发现故障", RULES_WERE_FOLLOWED: "处理符合规定", OTHER: "其他",
    },
    says: "学员：{reason}", due: "{at} 前答复", overdue: "已超过答复时限", cost: "涉及 {time}", evidence: "查看抓拍",
    noEvidence: "没有留存抓拍。", grant: "拟同意", refuse: "不同意", decide: "决定", decisionWhy: "依据", decisionWords: "说明（选填，学员会看到）",
    proposeNext: "拟同意的申诉须由另一位班级管理员复核后生效；不同意即告结束。", agree: "复核同意，给回进度", disagree: "复核不同意，退回",
    waitsSecond: "等待另一位班级管理员复核。", step: { proposed: "拟同意", agreed: "复核同意", disagreed: "复核退回", refused: "不同意" },
    told: { proposed: "已提交复核。", refused: "已决定：申诉不成立。", granted: "申诉成立，已给回 {time}的进度。", disagreed: "已退回，申诉重新待决定。" },
  },
  note: {
    title: "培训机构的通知", seen: "知道了", from: "{by}，{at}", because: "原因：{reason}。",
    text: {
      message: "工作人员给您的消息", pause: "工作人员暂停了您的学习。", resume: "工作人员已恢复您的学习，可以继续。", sign_out: "工作人员为您签退了。",
      block_device: "工作人员停用了您的这台设备，请换一台设备学习。", unblock_device: "您的设备已恢复，可以继续使用。",
      allow_checks: "工作人员已允许您继续核验。", allow_enrolment: "工作人员已允许您重新登记照片。", other: "工作人员处理了您的学习。",
    },
    pausedDo: "请按上面的原因处理好，等待工作人员恢复；当天结束时自动恢复。有疑问请联系培训机构。",
    pausedCost: "暂停期间不计时，也不会因此签退。已计入和待确认的时间都保留。",
  },
};
